package io.github.nmi64.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a long output goes: standard output, or a file that appears only when it is complete. Until then it is written to
 * a temporary file in the same directory, which does not survive this process.
 */
final class OutputFile implements AutoCloseable {
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
     * @throws BadInput if the file cannot be written
     */
    static OutputFile open(Console console, String option, @Nullable String name) {
        if (name == null) {
            return new OutputFile(console.out(), false, null, null);
        }
        try {
            return open(option, Path.of(name));
        } catch (InvalidPathException e) {
            throw new BadInput(option + ": '" + name + "' cannot be a file name");
        } catch (IOException e) {
            throw new BadInput(option + ": '" + name + "' cannot be written (" + e.getMessage() + ")");
        }
    }

    private static OutputFile open(String option, Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file)) {
            throw new BadInput(option + ": '" + file + "' is a directory; give a file");
        }
        if (directory == null || !Files.isDirectory(directory)) {
            throw new BadInput(option + ": there is no directory '" + directory + "'; make it first");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            return new OutputFile(Files.newBufferedWriter(file), true, null, null); // a pipe or a device
        }
        Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
        Path temporary = target.resolveSibling(
                "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
        Writer writer = Files.newBufferedWriter(temporary, StandardCharsets.UTF_8);
        temporary.toFile().deleteOnExit();
        return new OutputFile(writer, true, temporary, target);
    }

    /** Where to write. */
    Writer writer() {
        return writer;
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
