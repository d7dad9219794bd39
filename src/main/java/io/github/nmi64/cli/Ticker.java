package io.github.nmi64.cli;

import java.util.function.LongFunction;
import java.util.function.Supplier;

/** Tells a waiting person, from a thread of its own, how far a long piece of work is. Silent if nobody watches. */
final class Ticker {
    private static final long PATIENCE = 2_000;
    private static final long INTERVAL = 500;

    private final Console console;
    private final LongFunction<String> line;
    private final long began = System.nanoTime();
    private final Thread thread;
    private volatile boolean shown;

    /**
     * Does the work while the ticker runs.
     *
     * @param line what to say after so many nanoseconds
     */
    static <T> T during(Console console, LongFunction<String> line, Supplier<T> work) {
        Ticker ticker = new Ticker(console, line);
        try {
            return work.get();
        } finally {
            ticker.stop();
        }
    }

    private Ticker(Console console, LongFunction<String> line) {
        this.console = console;
        this.line = line;
        thread = new Thread(this::tick, "nmi64-progress");
        thread.setDaemon(true);
        if (console.isWatched()) {
            thread.start();
        }
    }

    private void tick() {
        try {
            Thread.sleep(PATIENCE);
            while (!Thread.currentThread().isInterrupted()) {
                shown = true;
                console.err().print("\r" + line.apply(System.nanoTime() - began) + "\u001b[K");
                console.err().flush();
                Thread.sleep(INTERVAL);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the work is done
        }
    }

    private void stop() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (shown) {
            console.err().print("\r\u001b[K");
            console.err().flush();
        }
    }
}
