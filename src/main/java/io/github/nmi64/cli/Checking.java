package io.github.nmi64.cli;

import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.explore.CheckProgress;
import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.Checkpoint;
import io.github.nmi64.explore.Explorer;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.InputFile;
import io.github.nmi64.report.CheckReport;
import io.github.nmi64.report.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Timer;
import java.util.TimerTask;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An exploration somebody waits for. Used once. */
final class Checking {
    private static final long MILLIS = 1000;

    private final Console console;
    private final Fixture fixture;
    private final CheckOptions options;
    private final OptionalLong seconds;
    private final CheckProgress progress = new CheckProgress();
    private final Explorer exploration;
    private @Nullable String save;
    private List<Path> inputs = List.of();
    private List<String> commandLine = List.of();
    private boolean tellsApart;
    private volatile boolean isInterrupted;

    Checking(Console console, Fixture fixture, CheckOptions options) {
        this(console, fixture, options, OptionalLong.empty());
    }

    /** @param seconds how long it may take; without, as long as it takes */
    Checking(Console console, Fixture fixture, CheckOptions options, OptionalLong seconds) {
        this.console = console;
        this.fixture = fixture;
        this.options = options;
        this.seconds = seconds;
        this.exploration = new Explorer(fixture, options, progress);
    }

    /**
     * Writes what is left into a file if the search stops at a limit or is interrupted.
     *
     * @param reads what must not be written over
     * @param words the command, to be given again with the file
     */
    void keepIn(@Nullable String file, List<Path> reads, List<String> words) {
        save = file;
        inputs = reads;
        commandLine = words;
    }

    /**
     * Goes on from where an earlier search stopped.
     *
     * @throws BadInput if the file cannot be used
     */
    void goOnFrom(String file) {
        exploration.resumeFrom(read(file));
    }

    /** Also finds out what keeps the states apart. */
    void tellApart() {
        tellsApart = true;
    }

    /** True if somebody pressed Ctrl-C and the search was to be kept. */
    boolean isInterrupted() {
        return isInterrupted;
    }

    /** Explores. */
    CheckReport run() {
        return run(found -> {});
    }

    /**
     * Explores.
     *
     * @param told is given the result before anything is written
     * @throws BadInput if the file to keep the search in cannot be used
     */
    CheckReport run(Consumer<CheckReport> told) {
        if (save == null) {
            CheckReport report = explored();
            told.accept(report);
            return report;
        }
        try (OutputFile file = OutputFile.open(console, "--save", save, inputs)) {
            if (!file.isRegular()) {
                throw new BadInput("--save: '" + save + "' is not a regular file");
            }
            console.onInterrupt(() -> {
                isInterrupted = true;
                progress.interrupt();
            });
            CheckReport report = explored();
            told.accept(report);
            keep(file, save);
            return report;
        }
    }

    private void keep(OutputFile file, String name) {
        if (exploration.checkpoint().isEmpty()) {
            console.err().println("nmi64: " + name + " not written: the search is complete");
            return;
        }
        try {
            exploration.checkpoint().get().write(file.bytes());
        } catch (IOException e) {
            throw new BadInput("--save: '" + name + "' cannot be written (" + InputFile.reason(e) + ")");
        }
        file.complete();
        String how = isInterrupted
                ? "continue with: " + again(name)
                : "continue with --resume " + Shell.line(List.of(name))
                        + " and a higher --memory, --max-events or --max-seconds";
        console.err().println("nmi64: search saved to " + name + "; " + how);
    }

    private String again(String name) {
        List<String> words = new ArrayList<>(commandLine);
        words.add("--resume");
        words.add(name);
        return console.program() + " " + Shell.line(words);
    }

    private Checkpoint read(String file) {
        try {
            Path path = InputFile.path(file);
            if (Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path)) {
                throw new BadInput("--resume: '" + file + "' is a pipe or a device, not a regular file");
            }
            return Checkpoint.read(path, fixture, options);
        } catch (InputFile.UnusableException e) {
            throw new BadInput("--resume: '" + file + "' " + e.getMessage());
        } catch (Checkpoint.UnusableException e) {
            throw new BadInput("--resume: " + file + ": " + e.getMessage());
        } catch (java.nio.file.NoSuchFileException e) {
            throw new BadInput("--resume: there is no file '" + file + "'; 'check --save' writes one");
        } catch (IOException e) {
            throw new BadInput("--resume: '" + file + "' cannot be read (" + InputFile.reason(e) + ")");
        }
    }

    /** Explores while a line on standard error tells a person how far it is. */
    private CheckReport explored() {
        long began = System.nanoTime();
        Timer timer = new Timer("nmi64-time", true);
        seconds.ifPresent(limit -> timer.schedule(
                new TimerTask() {
                    @Override
                    public void run() {
                        progress.timeIsOver();
                    }
                },
                limit * MILLIS));
        try {
            CheckResult found = Ticker.during(console, new CheckTicks(progress)::line, exploration::run);
            CheckReport report = CheckReport.of(fixture, options, found, (System.nanoTime() - began) / 1e9);
            return tellsApart ? report.withApart(exploration.statesApart()) : report;
        } finally {
            timer.cancel();
        }
    }
}
