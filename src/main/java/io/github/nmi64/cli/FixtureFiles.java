package io.github.nmi64.cli;

import io.github.nmi64.image.InputFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The fixtures of a directory. */
final class FixtureFiles {
    private FixtureFiles() {}

    /** True if a directory has that name. */
    static boolean isDirectory(String name) {
        try {
            return Files.isDirectory(InputFile.path(name));
        } catch (InputFile.UnusableException e) {
            return false;
        }
    }

    /**
     * Its {@code .S} and {@code .elf} files, also those of directories below, in the order of their names. Links are not
     * followed into directories; a link that leads nowhere is listed like a file, so that somebody complains of it.
     *
     * @throws BadInput if there are none, or it cannot be read
     */
    static List<Path> in(String name) {
        Path directory = Path.of(name);
        try {
            Path real = directory.toRealPath(); // the walk does not follow the first name either
            try (Stream<Path> all = Files.walk(real)) {
                List<Path> found = all.filter(FixtureFiles::isFixture)
                        .map(file -> directory.resolve(real.relativize(file)))
                        .sorted()
                        .toList();
                if (found.isEmpty()) {
                    throw new BadInput("'" + directory + "' has no .S or .elf files");
                }
                return found;
            }
        } catch (IOException e) {
            throw unreadable(name, e);
        } catch (UncheckedIOException e) {
            throw unreadable(name, Objects.requireNonNull(e.getCause()));
        }
    }

    private static boolean isFixture(Path file) {
        String name = file.getFileName().toString();
        boolean isNamedSo = name.endsWith(".S") || name.endsWith(".s") || name.endsWith(".elf");
        return isNamedSo && !Files.isDirectory(file);
    }

    private static BadInput unreadable(String name, IOException e) {
        return new BadInput("'" + name + "' cannot be read (" + InputFile.reason(e) + ")");
    }
}
