package io.github.nmi64.cli;

import io.github.nmi64.explore.CheckProgress;
import java.util.Locale;

/** The progress line of an exploration. */
final class CheckTicks {
    private final CheckProgress progress;

    CheckTicks(CheckProgress progress) {
        this.progress = progress;
    }

    String line(long nanos) {
        double seconds = nanos / 1e9;
        return String.format(
                Locale.ROOT,
                "%d events, %,d states, %,.0f states/s, %,d events queued for the next layer, %,d MiB, %.0f s%s",
                progress.layer(),
                progress.states(),
                progress.newStates() / seconds,
                progress.frontier(),
                progress.memoryBytes() >>> 20,
                seconds,
                progress.growth().isEmpty() ? "" : "; " + progress.growth());
    }
}
