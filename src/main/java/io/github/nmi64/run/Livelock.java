package io.github.nmi64.run;

import io.github.nmi64.fixture.Violation;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.monitor.Invariants;

/** The violation of {@code progress} that a machine commits which has come back to a state, and nothing new arrives. */
public final class Livelock {
    /** Why the machine may not: somebody waits all the way round. */
    public static final String NOBODY_RESUMED = "no interrupted context has been resumed";

    private Livelock() {}

    /**
     * The violation, of a machine that is back now.
     *
     * @param period steps since the machine was in the state it is in now
     * @param why what makes that a violation
     */
    public static Violation violation(Machine machine, SymbolTable symbols, long period, String why) {
        long rip = machine.state().rip;
        String place = symbols.text(rip);
        String detail = "the machine is back at " + place + " in the state it was in " + period + " boundaries before, "
                + "and " + why;
        return new Violation(Invariants.PROGRESS, "livelock", machine.core().retired, rip, detail);
    }
}
