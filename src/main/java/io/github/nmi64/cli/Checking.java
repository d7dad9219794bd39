package io.github.nmi64.cli;

import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.explore.CheckProgress;
import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.Exploration;
import io.github.nmi64.fixture.Fixture;

/** An exploration somebody waits for. */
final class Checking {
    private Checking() {}

    /** Explores while a line on standard error tells a person how far it is. */
    static CheckReport run(Console console, Fixture fixture, CheckOptions options) {
        CheckProgress progress = new CheckProgress();
        long began = System.nanoTime();
        Exploration exploration = new Exploration(fixture, options, progress);
        CheckResult found = Ticker.during(console, new CheckTicks(progress)::line, exploration::run);
        return CheckReport.of(fixture, options, found, (System.nanoTime() - began) / 1e9);
    }
}
