package io.github.nmi64.cli;

import io.github.nmi64.image.InputFile;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Where a long output goes: standard output, or a file that appears only when it is complete. Until then it is written to
 * a temporary file in the same directory, which does not survive this process.
 */
final class OutputFile implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 5;
    private static final List<String> SOURCES = List.of(".s", ".inc", ".ld", ".elf", ".nmi64");

    private final Writer writer;
    private final boolean owned;
    private final @Nullable Path temporary;
    private final @Nullable Path target;

    private OutputFile(Writer writer, boolean owned, @Nullable Path temporary, @Nullable Path target) {
        this.writer = writer;
        this.owned = owned;
        this.temporary = temporary;
        this.target = target;
    }

    /**
     * Opens the file, or standard output if {@code name} is null.
     *
     * @param option the option that named the file, for errors
     * @param inputs what the program reads: none of it is written over
     * @throws BadInput if the file cannot be written
     */
    static OutputFile open(Console console, String option, @Nullable String name, List<Path> inputs) {
        if (name == null) {
            return new OutputFile(console.out(), false, null, null);
        }
        try {
            return open(option, InputFile.path(name), inputs);
        } catch (InputFile.UnusableException e) {
            throw new BadInput(option + ": '" + name + "' " + e.getMessage());
        } catch (IOException e) {
            throw new BadInput(option + ": '" + name + "' cannot be written (" + InputFile.reason(e) + ")");
        }
    }

    private static OutputFile open(String option, Path file, List<Path> inputs) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file)) {
            throw new BadInput(option + ": '" + file + "' is a directory; give a file");
        }
        if (directory == null || !Files.isDirectory(directory)) {
            throw new BadInput(option + ": there is no directory '" + directory + "'; create it first");
        }
        if (Files.isSymbolicLink(file) && !Files.exists(file)) {
            throw new BadInput(option + ": '" + file + "' is a dangling symbolic link; remove it first");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            return new OutputFile(patiently(file), true, null, null); // a pipe or a device
        }
        Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
        keep(option, target, inputs);
        Path temporary = target.resolveSibling(
                "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
        Writer writer = Files.newBufferedWriter(temporary, StandardCharsets.UTF_8);
        temporary.toFile().deleteOnExit();
        return new OutputFile(writer, true, temporary, target);
    }

    /** In a thread of its own: to open a pipe nobody reads from takes for ever and cannot be interrupted. */
    private static Writer patiently(Path file) throws IOException {
        CompletableFuture<Writer> opened = new CompletableFuture<>();
        Thread opener = new Thread(
                () -> {
                    try {
                        opened.complete(Files.newBufferedWriter(file));
                    } catch (IOException | RuntimeException e) {
                        opened.completeExceptionally(e);
                    }
                },
                "nmi64-output");
        opener.setDaemon(true);
        opener.start();
        try {
            return opened.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IOException("no reader on this pipe for " + PATIENCE_SECONDS + " s", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException trouble) {
                throw trouble;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Neither what is read now nor anything that looks like a source, which a shell's completion offers as well. */
    private static void keep(String option, Path target, List<Path> inputs) throws IOException {
        if (!Files.exists(target)) {
            return;
        }
        for (Path input : inputs) {
            if (Files.exists(input) && Files.isSameFile(input, target)) {
                throw new BadInput(option + ": '" + target + "' is an input of this command; choose another file");
            }
        }
        String name = target.getFileName().toString().toLowerCase(Locale.ROOT);
        if (SOURCES.stream().anyMatch(name::endsWith)) {
            throw new BadInput(option + ": '" + target + "' exists and looks like a source or an image; choose "
                    + "another file, or remove it first");
        }
    }

    /** Where to write. */
    Writer writer() {
        return writer;
    }

    /** Writes text. */
    void write(String text) {
        try {
            writer.write(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** True if the output is a file, which appears when it is complete; not standard output, a pipe or a device. */
    boolean isRegular() {
        return temporary != null;
    }

    /** Where to write an output that is not text, in place of {@link #writer}; the caller closes it. Only if regular. */
    OutputStream bytes() throws IOException {
        return Files.newOutputStream(Objects.requireNonNull(temporary));
    }

    /** The output is whole: makes the file appear under its name. */
    void complete() {
        try {
            if (owned) {
                writer.close();
            }
            if (temporary != null && target != null) {
                move(temporary, target);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Removes what was not completed. */
    @Override
    public void close() {
        try {
            if (owned) {
                writer.close();
            }
            if (temporary != null) {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
