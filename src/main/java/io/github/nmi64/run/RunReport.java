package io.github.nmi64.run;

import io.github.nmi64.core.Rules;
import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.fixture.Expectation;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.RunFacts;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.monitor.EventCounter;
import io.github.nmi64.schedule.Injection;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Register;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** What a run came to: facts, expectations and violations. Describes the machine as it stood at the end. */
public final class RunReport implements RunFacts {
    /**
     * One expectation of the fixture and whether the run met it.
     *
     * @param found what the run shows instead, for people
     */
    public record Judged(Expectation expectation, boolean held, String found) {
        /** What was expected, and what was found unless that is the same. */
        public String text() {
            return expectation.text() + (held ? "" : ", found " + found);
        }
    }

    /** Why a run ended with {@link Outcome#UNSUPPORTED}: the facility, and the bytes at RIP as hexadecimal text. */
    public record Refused(String what, String bytes) {}

    private final Fixture fixture;
    private final Machine machine;
    private final Outcome outcome;
    private final EventCounter counts;
    private final long handlerRuns;
    private final List<Violation> found;
    private final List<Injection> unfired;
    private final Optional<Refused> refused;
    private final boolean judged;
    private final boolean strayed;
    private final boolean reachedWindow;

    RunReport(FixtureRun run, Outcome outcome, boolean judged) {
        this.fixture = run.fixture();
        this.machine = run.machine();
        this.outcome = outcome;
        this.counts = run.counts();
        this.handlerRuns = run.handlerRuns();
        this.found = List.copyOf(run.monitor().violations());
        this.unfired = run.arrivals().unfired();
        this.refused = run.refused();
        this.judged = judged;
        this.strayed = run.hasStrayed();
        this.reachedWindow = run.arrivals().isCounting();
    }

    /** The fixture that ran. */
    public Fixture fixture() {
        return fixture;
    }

    /** Why the run ended. */
    public Outcome ended() {
        return outcome;
    }

    @Override
    public String outcome() {
        return outcome.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public OptionalLong exitValue() {
        return machine.ports().exitValue();
    }

    /** Instructions retired. */
    public long retired() {
        return machine.core().retired;
    }

    /** Clock at the end. */
    public long cycles() {
        return machine.core().clock.now;
    }

    /** Register at the end. */
    public CpuState state() {
        return machine.state();
    }

    /** What happened to NMIs. */
    public EventCounter counts() {
        return counts;
    }

    /** The rules the run followed. */
    public Rules rules() {
        return machine.core().rules;
    }

    /** Why the run stopped at an instruction that is not implemented, if it did. */
    public Optional<Refused> refused() {
        return refused;
    }

    /** True if the run was ended short of its limits because the guest only executed zeros, memory nobody has written. */
    public boolean hasStrayed() {
        return strayed;
    }

    /** True unless injections count from a window that was never reached. */
    public boolean hasReachedWindow() {
        return reachedWindow;
    }

    /** Injections that were never raised. */
    public List<Injection> unfired() {
        return unfired;
    }

    /** Violations with the step where each was noticed. */
    public List<Violation> found() {
        return found;
    }

    /** Violations that no expectation speaks of; all of them if the expectations are not judged. */
    public List<Violation> unexpected() {
        return found.stream()
                .filter(violation -> !judged
                        || !fixture.directives().unexpected(List.of(violation)).isEmpty())
                .toList();
    }

    /** True if the schedule was the fixture's own, so that its expectations apply. */
    public boolean isJudged() {
        return judged;
    }

    /** The fixture's expectations; none if they were not judged. */
    public List<Judged> expectations() {
        if (!judged) {
            return List.of();
        }
        return fixture.directives().expectations().stream()
                .map(expectation -> new Judged(expectation, expectation.held(this), expectation.found(this)))
                .toList();
    }

    /** True if every judged expectation held and no violation was unexpected. */
    public boolean asExpected() {
        return unexpected().isEmpty() && expectations().stream().allMatch(Judged::held);
    }

    @Override
    public long count(Counter counter) {
        return switch (counter) {
            case HANDLER_RUNS -> handlerRuns;
            case NMI_ASSERTED -> counts.asserted();
            case NMI_MERGED -> counts.merged();
            case NMI_DELIVERED -> counts.delivered();
        };
    }

    @Override
    public String serial() {
        return new String(machine.ports().serial().bytes(), StandardCharsets.ISO_8859_1);
    }

    @Override
    public String console() {
        return new String(machine.ports().console().bytes(), StandardCharsets.ISO_8859_1);
    }

    @Override
    public long register(String name) {
        return Register.named(name).in(machine.state());
    }

    @Override
    public OptionalLong memory(long address) {
        return machine.peek(address);
    }

    @Override
    public List<Violation> violations() {
        return found;
    }
}
