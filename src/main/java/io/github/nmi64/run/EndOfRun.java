package io.github.nmi64.run;

import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.monitor.InvariantMonitor;
import io.github.nmi64.monitor.Invariants;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Judges how a run has ended. The order matters: an end that no program may come to says more than what is left behind at it,
 * and what the invariants find says more than a comparison of results.
 */
public final class EndOfRun {
    private final FixtureRun run;
    private final InvariantMonitor monitor;
    private final Outcome outcome;

    /** Of a run that is over. */
    public EndOfRun(FixtureRun run) {
        this.run = run;
        this.monitor = run.monitor();
        this.outcome = run.outcome();
    }

    /**
     * What a search finds wrong with it, if something is.
     *
     * @param undisturbed the end of the run that nothing interrupts; null if that has none
     */
    public Optional<Violation> inSearch(@Nullable EndResult undisturbed) {
        Optional<Violation> failure = failure();
        if (failure.isPresent()) {
            return failure;
        }
        monitor.ended();
        if (!monitor.hasFound() && run.hasStrayed()) {
            return violation(Invariants.NO_CRASH, "astray", "executes memory that is all zeros");
        }
        if (!monitor.hasFound() && undisturbed != null) {
            compare(undisturbed);
        }
        return monitor.violations().stream().findFirst();
    }

    /**
     * Tells the monitor what is wrong with it, as far as that is not the outcome of the run itself.
     *
     * @param undisturbed the end of the run that nothing interrupts; null if this run is not to be compared with it
     */
    void inRun(@Nullable Supplier<EndResult> undisturbed) {
        if (outcome == Outcome.EXIT || outcome == Outcome.HALTED) {
            monitor.ended();
        }
        if (undisturbed != null && outcome == Outcome.EXIT && !monitor.hasFound()) {
            compare(undisturbed.get());
        }
    }

    private Optional<Violation> failure() {
        return switch (outcome) {
            case HALTED ->
                monitor.interruptedContexts() == 0
                        ? Optional.empty()
                        : violation(
                                Invariants.PROGRESS,
                                "halted",
                                "the processor halts for good while a context is interrupted");
            case UNSUPPORTED ->
                violation(
                        Invariants.NO_CRASH,
                        "unsupported",
                        "executes an unimplemented instruction: "
                                + run.machine().cpu().unsupported());
            case SHUTDOWN -> violation(Invariants.NO_CRASH, "shutdown", "the processor has shut down");
            case EXIT, LIMIT, PAUSED -> Optional.empty();
        };
    }

    private Optional<Violation> violation(String invariant, String subject, String detail) {
        Machine machine = run.machine();
        return Optional.of(new Violation(invariant, subject, machine.core().retired, machine.state().rip, detail));
    }

    private void compare(EndResult undisturbed) {
        EndResult result = EndResult.of(run.machine());
        if (result.isEndOf(undisturbed)) {
            monitor.completed();
        }
        if (!monitor.hasFound()) {
            boolean withOutput = !run.fixture().directives().check().handlerOutput();
            result.differenceFrom(undisturbed, run.machine().core().retired, withOutput)
                    .ifPresent(monitor::notice);
        }
    }
}
