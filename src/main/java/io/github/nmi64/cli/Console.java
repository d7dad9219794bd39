package io.github.nmi64.cli;

import io.github.nmi64.report.Shell;
import io.github.nmi64.report.Style;
import java.io.BufferedOutputStream;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The outside of the process: its two output streams, its environment, and whether a person is looking.
 *
 * <p>Standard output is written through a plain stream rather than {@link System#out}, which would hide errors.
 */
final class Console {
    private static final int BUFFER = 1 << 16;
    /** Time to write what an interrupted search has found. */
    private static final long LONGEST_END_SECONDS = 300;

    private final CountDownLatch finished = new CountDownLatch(1);

    private final Writer out;
    private final PrintWriter err;
    private final Map<String, String> environment;
    private final boolean colour;
    private final boolean watched;

    private Console(Writer out, PrintWriter err, Map<String, String> environment, boolean colour, boolean watched) {
        this.out = out;
        this.err = err;
        this.environment = environment;
        this.colour = colour;
        this.watched = watched;
    }

    /** Streams of the caller's own, which nobody watches. */
    static Console of(Writer out, PrintWriter err, Map<String, String> environment) {
        return new Console(out, err, environment, false, false);
    }

    /** The streams of this process. */
    static Console ofProcess() {
        Map<String, String> environment = System.getenv();
        boolean mayColour = environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !environment.getOrDefault("TERM", "dumb").equals("dumb");
        var stream = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER);
        return new Console(
                new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), BUFFER),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                environment,
                mayColour && isTerminal(1),
                isTerminal(2));
    }

    /** Where the system does not tell, nothing is taken for a terminal. */
    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** Standard output, buffered; {@link #flush} before the process ends. */
    Writer out() {
        return out;
    }

    /** Standard error. */
    PrintWriter err() {
        return err;
    }

    /** The variables of the process. */
    Map<String, String> environment() {
        return environment;
    }

    /**
     * What to do when somebody presses Ctrl-C: the process then ends by itself soon after, with the code the shell knows
     * for it, as soon as {@link #finished} is called.
     */
    void onInterrupt(Runnable work) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            if (finished.getCount() > 0) {
                                work.run();
                                await();
                            }
                        },
                        "nmi64-interrupt"));
    }

    private void await() {
        try {
            if (!finished.await(LONGEST_END_SECONDS, TimeUnit.SECONDS)) {
                err.println("nmi64: interrupted, and still not at an end after " + LONGEST_END_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** All output is written; the process may end. */
    void finished() {
        finished.countDown();
    }

    /** Whether a person watches standard error. */
    boolean isWatched() {
        return watched;
    }

    /** Writes text to standard output. */
    void print(String text) {
        try {
            out.write(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Hands on what is buffered. */
    void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        err.flush();
    }

    /** How words on standard output are marked. */
    Style style() {
        return colour ? Style.COLOUR : Style.PLAIN;
    }

    /**
     * How the program was called, a word or several that need no quotes: what {@code scripts/nmi64} says, else the jar that
     * runs, else its name.
     */
    String program() {
        String called = environment.getOrDefault("NMI64_CALLED_AS", "");
        if (!called.isEmpty()) {
            return Shell.line(List.of(called));
        }
        String java = System.getProperty("sun.java.command", "");
        String first = java.split(" ", 2)[0];
        return first.endsWith(".jar") ? "java -jar " + Shell.line(List.of(first)) : "nmi64";
    }
}
