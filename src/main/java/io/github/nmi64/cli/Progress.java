package io.github.nmi64.cli;

import io.github.nmi64.run.FixtureRun;
import java.util.Locale;

/**
 * Tells a waiting person how far a long run is, on standard error. Silent if nobody watches, and for the first two seconds.
 * It only looks: the run is the same with and without it.
 */
final class Progress implements AutoCloseable {
    private static final int STEPS_BETWEEN_LOOKS = 1 << 18;
    private static final long PATIENCE = 2_000_000_000L;
    private static final long INTERVAL = 500_000_000L;

    private final Console console;
    private final FixtureRun run;
    private final long began = System.nanoTime();
    private long told = began + PATIENCE - INTERVAL;
    private int untilLook;
    private boolean shown;

    Progress(Console console, FixtureRun run) {
        this.console = console;
        this.run = run;
        this.untilLook = console.isWatched() ? STEPS_BETWEEN_LOOKS : Integer.MAX_VALUE;
    }

    /** Called after every step. */
    void stepped() {
        if (--untilLook == 0) {
            untilLook = STEPS_BETWEEN_LOOKS;
            look();
        }
    }

    private void look() {
        long now = System.nanoTime();
        if (console.isWatched() && now - told >= INTERVAL) {
            told = now;
            shown = true;
            console.err()
                    .printf(
                            Locale.ROOT,
                            "\r%,d instructions, cycle %,d, %d s ",
                            run.machine().core().retired,
                            run.machine().core().clock.now,
                            (now - began) / 1_000_000_000L);
            console.err().flush();
        }
    }

    @Override
    public void close() {
        if (shown) {
            console.err().print("\r\u001b[K");
            console.err().flush();
        }
    }
}
