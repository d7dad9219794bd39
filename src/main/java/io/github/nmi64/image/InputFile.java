package io.github.nmi64.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Files somebody names: read with a limit, their troubles told in words. */
public final class InputFile {
    private static final int MIB = 20;

    /** What stands for bytes that are no character. */
    private static final char UNREADABLE = '\ufffd';

    /** A name that a locale with UTF-8 can spell. */
    private static final String ABROAD = "\u00fc\u4e2d";

    private InputFile() {}

    /** A file cannot be used; the message goes on where its name ends: {@code is a directory}. */
    public static final class UnusableException extends Exception {
        private static final long serialVersionUID = 1L;

        public UnusableException(String message) {
            super(message);
        }
    }

    /**
     * The path of a name.
     *
     * @throws UnusableException if no file can have it
     */
    public static Path path(String name) throws UnusableException {
        if (name.isEmpty()) {
            throw new UnusableException("is empty and names no file");
        }
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new UnusableException("cannot be a file name" + hint(name).orElse(""));
        }
    }

    /** What may be wrong with a name that was typed in another character set than that of the locale. */
    public static Optional<String> hint(String name) {
        if (name.indexOf(UNREADABLE) < 0 && name.indexOf('?') < 0 && isSpelled(name)) {
            return Optional.empty();
        }
        if (isSpelled(ABROAD)) {
            return name.indexOf(UNREADABLE) < 0
                    ? Optional.empty()
                    : Optional.of("; the name has bytes that are not of the locale's character set");
        }
        return Optional.of("; names beyond the locale's character set need LC_ALL=C.UTF-8");
    }

    private static boolean isSpelled(String name) {
        try {
            return Path.of(name).toString().equals(name);
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /**
     * All bytes of a regular file.
     *
     * @param limit the most bytes it may have
     * @throws UnusableException if it cannot be read
     */
    public static byte[] read(Path file, int limit) throws UnusableException {
        Optional<String> obstacle = obstacle(file);
        if (obstacle.isPresent()) {
            throw new UnusableException(obstacle.get());
        }
        return readAny(file, limit);
    }

    /** All bytes of a file of any kind, however long it takes; as {@link #read}. */
    public static byte[] readAny(Path file, int limit) throws UnusableException {
        try {
            if (Files.isDirectory(file)) {
                throw new UnusableException("is a directory");
            }
            byte[] bytes = upTo(file, limit);
            if (bytes.length > limit) {
                throw new UnusableException("has more than " + (limit >>> MIB) + " MiB, which is the limit");
            }
            return bytes;
        } catch (IOException e) {
            throw new UnusableException(trouble(file, e));
        }
    }

    private static byte[] upTo(Path file, int limit) throws IOException {
        try (InputStream stream = Files.newInputStream(file)) {
            return stream.readNBytes(limit + 1);
        }
    }

    private static String trouble(Path file, IOException e) {
        if (e instanceof NoSuchFileException) {
            return Files.isSymbolicLink(file)
                    ? "is a symbolic link to a file that does not exist"
                    : "does not exist" + hint(file.toString()).orElse("");
        }
        return "cannot be read (" + reason(e) + ")";
    }

    /** Why reading or writing a file failed, in the words of the operating system. */
    public static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "there is no such file or directory";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof FileSystemLoopException) {
            return "a loop of symbolic links";
        }
        if (e instanceof NotDirectoryException) {
            return "not a directory";
        }
        @Nullable String why = e instanceof FileSystemException file ? file.getReason() : e.getMessage();
        if (why == null || why.isBlank()) {
            return "the operating system does not say why";
        }
        return why.substring(0, 1).toLowerCase(Locale.ROOT) + why.substring(1);
    }

    /** Whether a name can be handed on to another program. */
    public static boolean canBeSpelled(Path file) {
        return isSpelled(file.toString()) && Path.of(file.toString()).equals(file);
    }

    /** What keeps an existing name from being a file that can be read; empty if nothing does, or nothing has that name. */
    public static Optional<String> obstacle(Path file) {
        try {
            Path real = file.toRealPath();
            return Files.isDirectory(real) || Files.isRegularFile(real)
                    ? Optional.empty()
                    : Optional.of("is a pipe or a device, not a regular file");
        } catch (IOException e) {
            boolean isThere = Files.isSymbolicLink(file) || !(e instanceof NoSuchFileException);
            return isThere ? Optional.of(trouble(file, e)) : Optional.empty();
        }
    }
}
