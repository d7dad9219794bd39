package io.github.nmi64.cli;

import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.explore.CheckProgress;
import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.Checkpoint;
import io.github.nmi64.explore.Exploration;
import io.github.nmi64.fixture.Fixture;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An exploration somebody waits for. */
final class Checking {
    private Checking() {}

    /**
     * Explores, from where an earlier search stopped if {@code resume} names its file, and writes what is left into
     * {@code save} if the search stops at a limit.
     *
     * @param told is given the result before anything is written
     * @throws BadInput if one of the files cannot be used
     */
    static CheckReport run(
            Console console,
            Fixture fixture,
            CheckOptions options,
            @Nullable String resume,
            @Nullable String save,
            Consumer<CheckReport> told) {
        CheckProgress progress = new CheckProgress();
        Exploration exploration = new Exploration(fixture, options, progress);
        if (resume != null) {
            exploration.goOn(read(resume, fixture, options));
        }
        try (OutputFile file = OutputFile.open(console, "--save", save)) {
            if (save != null && !file.isRegular()) {
                throw new BadInput("--save: '" + save + "' is no regular file; give one");
            }
            CheckReport report = run(console, fixture, options, exploration, progress);
            told.accept(report);
            if (save != null) {
                keep(console, exploration.rest(), file, save);
            }
            return report;
        }
    }

    private static void keep(Console console, Optional<Checkpoint> rest, OutputFile file, String name) {
        if (rest.isEmpty()) {
            console.err().println("nmi64: " + name + " was not written: there is nothing to go on with");
            return;
        }
        try {
            rest.get().write(file.bytes());
        } catch (IOException e) {
            throw new BadInput("--save: '" + name + "' cannot be written (" + e.getMessage() + ")");
        }
        file.complete();
        console.err()
                .println("nmi64: " + name + " keeps the search; go on with --resume " + name
                        + " and a higher --memory or --max-events");
    }

    private static Checkpoint read(String file, Fixture fixture, CheckOptions options) {
        try {
            return Checkpoint.read(Path.of(file), fixture, options);
        } catch (InvalidPathException e) {
            throw new BadInput("--resume: '" + file + "' cannot be a file name");
        } catch (NoSuchFileException e) {
            throw new BadInput("--resume: there is no file '" + file + "'; 'check --save' makes one");
        } catch (Checkpoint.UnusableException e) {
            throw new BadInput("--resume: " + file + ": " + e.getMessage());
        } catch (IOException e) {
            throw new BadInput("--resume: '" + file + "' cannot be read (" + e.getMessage() + ")");
        }
    }

    /** Explores while a line on standard error tells a person how far it is. */
    static CheckReport run(Console console, Fixture fixture, CheckOptions options) {
        CheckProgress progress = new CheckProgress();
        return run(console, fixture, options, new Exploration(fixture, options, progress), progress);
    }

    private static CheckReport run(
            Console console, Fixture fixture, CheckOptions options, Exploration exploration, CheckProgress progress) {
        long began = System.nanoTime();
        CheckResult found = Ticker.during(console, new CheckTicks(progress)::line, exploration::run);
        return CheckReport.of(fixture, options, found, (System.nanoTime() - began) / 1e9);
    }
}
