package io.github.nmi64.monitor;

import io.github.nmi64.core.Core;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.EventType;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * The invariant {@code interference}: an event from outside leaves nothing behind that the program it interrupted could
 * notice. Where the program is interrupted with nobody interrupted below it, it goes <em>away</em>, and the machine's
 * {@link Footprint} is remembered; at the first boundary with RIP, RSP, CS and SS of that place it is back, however it came
 * there, and the footprint must be the same. What is not in the footprint must not be read before it is written.
 *
 * <p>By induction the program runs through the states of the run that nothing interrupts: it is deterministic, and whatever
 * interrupts it is nothing to it. So the comparison is local, and needs no list of those states.
 *
 * <p>What it remembers is in {@link Departure}. An invariant of the shape of {@link Invariant} it is not: it decides which
 * contexts are resumed.
 */
final class NonInterference {
    static final String NAME = Invariants.INTERFERENCE;

    private final CpuState state;
    private final Nesting nesting;
    private final Departure departure;
    private final List<Long> recovering;
    private final Scene scene;
    private final IntConsumer resume;
    private final Runnable tellCauses;
    private final Occupied occupied = new Occupied();
    private final long[] before = new long[ContextRegisters.COUNT];
    private Footprint footprint = Footprint.NONE;

    /** Somebody has looked at the machine in this step, before its event. */
    private boolean hasLooked;
    /** The debug unit had nothing to report then. */
    private boolean isQuiet;
    /** Yet a debug trap was pending: from outside. */
    private boolean isInjected;

    private long lowBefore;
    private long highBefore;
    /** An event was delivered in this step. */
    private boolean isDelivery;
    /** One from outside was lost in this step, as its delivery faulted. */
    private boolean isLost;
    /** An IRET of this step resumed nobody. */
    private boolean isDoor;

    /**
     * @param recovering first instructions of handlers that may change what they interrupted
     * @param resume resumes the context at a level
     * @param tellCauses asks the invariants whether one of them knows what has changed
     */
    NonInterference(
            Core core, Nesting nesting, List<Long> recovering, Scene scene, IntConsumer resume, Runnable tellCauses) {
        this.state = core.state;
        this.nesting = nesting;
        this.departure = nesting.departure;
        this.recovering = recovering;
        this.scene = scene;
        this.resume = resume;
        this.tellCauses = tellCauses;
    }

    void footprint(Footprint of) {
        footprint = of;
    }

    boolean isWatching() {
        return footprint != Footprint.NONE;
    }

    /** A step begins. */
    void begin() {
        hasLooked = false;
        isDelivery = false;
        isLost = false;
        isDoor = false;
    }

    /** Looks at the machine as the program leaves it, before a step in which an event from outside may be delivered. */
    void look() {
        if (hasLooked) {
            return;
        }
        hasLooked = true;
        InterruptState interrupts = state.interrupts;
        isQuiet = isQuiet();
        isInjected = isQuiet && interrupts.debugTrap;
        ContextRegisters.current(state, before, 0);
        if (isWatching() && !departure.away) {
            take();
            lowBefore = footprint.low();
            highBefore = footprint.high();
            footprint.keep();
        }
    }

    /** No debug exception of the last instruction waits to be delivered. */
    private boolean isQuiet() {
        return state.interrupts.debugStatus == 0 && !state.interrupts.stepping;
    }

    /** Takes the footprint of the program that runs or, if it is away, of the machine it would find. */
    void take() {
        occupied.clear();
        if (state.cpl == 0) {
            occupied.stackPointer(state.gpr[Gpr.RSP]);
        }
        int own = departure.away ? departure.level : nesting.depth;
        boolean debugs = false;
        for (int level = 0; level < own; level++) {
            if ((nesting.value(level, ContextRegisters.CS) & 3) == 0) {
                occupied.stackPointer(nesting.value(level, Gpr.RSP));
            }
            occupied.frame(nesting.frame(level));
            debugs |= nesting.vector(level) == Vector.DB;
        }
        footprint.take(occupied, debugs);
    }

    /** The delivery of an event has faulted: what is delivered in its place comes from where it came from. */
    void lost(EventType type, int vector) {
        isLost = isFromOutside(type, vector);
    }

    /** Puts what an event interrupted on the list; the state is at the handler's first instruction. */
    void delivered(DeliveredEvent event, long step) {
        isDelivery = true;
        boolean fromOutside = isFromOutside(event);
        if (!hasLooked || !fromOutside) {
            ContextRegisters.interrupted(state, event, before, 0);
        }
        boolean leaves = fromOutside && hasLooked && isWatching() && !departure.away;
        nesting.push(event, before, fromOutside, step);
        if (leaves) {
            departure.away = true;
            departure.level = nesting.depth - 1;
            departure.doubt = 0;
            departure.rip = before[ContextRegisters.RIP];
            departure.rsp = before[Gpr.RSP];
            departure.cs = (int) before[ContextRegisters.CS];
            departure.ss = (int) before[ContextRegisters.SS];
            departure.resumeFlag = event.fromRflags() & Rflags.RF;
            departure.low = lowBefore;
            departure.high = highBefore;
            footprint.programRuns(false);
        }
    }

    /**
     * NMIs, interrupts, machine checks, planted breakpoints and injected debug exceptions, unless their handler may recover
     * from what they say. What the program raises itself is part of the program.
     */
    private boolean isFromOutside(DeliveredEvent event) {
        return !recovering.contains(state.rip) && (isLost || isFromOutside(event.type(), event.vector()));
    }

    private boolean isFromOutside(EventType type, int vector) {
        return switch (type) {
            case NMI, EXTERNAL_INTERRUPT -> true;
            case SOFTWARE_INTERRUPT, PRIVILEGED_SOFTWARE_EXCEPTION, SOFTWARE_EXCEPTION -> false;
            case HARDWARE_EXCEPTION ->
                vector == Vector.MC || vector == Vector.BP || vector == Vector.DB && hasLooked && isInjectedTrap();
        };
    }

    /** A trap that was signalled in this very step, as a schedule does, shows by what it leaves out of DR6. */
    private boolean isInjectedTrap() {
        return isInjected || isQuiet && (state.dr6 & (Control.DR6_BREAKPOINTS | Control.DR6_BD)) == 0;
    }

    /** An IRET has resumed nobody. */
    void ledElsewhere() {
        isDoor = true;
    }

    /** A step has ended, and with it whatever it resumed. */
    void stepped() {
        if (departure.away && !isDelivery) {
            if (scene.hasFound()) {
                back(); // after a violation nothing need be as it was
            } else if (isAtPlace()) {
                compare();
            } else {
                watchDoors();
            }
        } else if (!departure.away && isWatching()) {
            String read = footprint.foreignRead();
            if (!read.isEmpty()) {
                broken("state", read);
            }
        }
        if (state.cpl == 3 && !departure.away) {
            nesting.depth = 0; // whatever the kernel had begun has ended, by an IRET or a SYSRET or otherwise
        }
    }

    private boolean isAtPlace() {
        return state.rip == departure.rip
                && state.gpr[Gpr.RSP] == departure.rsp
                && state.selector(Segment.CS) == departure.cs
                && state.selector(Segment.SS) == departure.ss;
    }

    private void compare() {
        take();
        boolean resumesAlike = (state.rflags & Rflags.RF) == departure.resumeFlag;
        boolean isSame = resumesAlike
                && isQuiet() // no trap comes before an event, so at the departure it was, too
                && (footprint.low() == departure.low && footprint.high() == departure.high || footprint.isExcused());
        if (nesting.depth < departure.doubt) {
            departure.doubt = 0;
        }
        if (nesting.depth > departure.level + 1 && !isSame || departure.doubt > 0) {
            departure.doubt = nesting.depth;
            return;
        }
        if (nesting.depth > departure.level) {
            resume.accept(departure.level);
        }
        if (!isSame && !scene.hasFound()) {
            tellCauses.run();
        }
        if (!isSame && !scene.hasFound()) {
            String difference = difference(resumesAlike);
            broken(
                    "state",
                    "the program resumes at " + scene.at(state.rip)
                            + (difference.isEmpty()
                                    ? " in a state other than the interrupted one"
                                    : "; " + difference));
        }
        nesting.depth = departure.level;
        back();
        footprint.returned();
    }

    private String difference(boolean resumesAlike) {
        if (!resumesAlike) {
            return "RF is " + (departure.resumeFlag == 0 ? "set and was not" : "clear and was set")
                    + " in the frame the processor pushed";
        }
        return isQuiet() ? footprint.difference() : "a debug exception of the last instruction before is pending";
    }

    /** Ways past the place, told at once; other ways are noticed at the end of the run at the latest. */
    private void watchDoors() {
        if (state.cpl == 3 && (departure.cs & 3) == 3) {
            broken(
                    "door",
                    "user code resumes at " + scene.at(state.rip) + " and was interrupted at "
                            + scene.at(departure.rip));
        } else if (isDoor && state.gpr[Gpr.RSP] == departure.rsp && state.cpl == (departure.cs & 3)) {
            broken(
                    "door",
                    "an IRET goes to " + scene.at(state.rip) + " on the stack of the program that was interrupted at "
                            + scene.at(departure.rip));
        }
    }

    /** The run is over. */
    void ended() {
        if (departure.away && !scene.hasFound()) {
            broken(
                    "end",
                    "the run ends and the program interrupted at " + scene.at(departure.rip) + " has not been resumed");
        }
    }

    private void back() {
        departure.away = false;
        departure.doubt = 0;
        footprint.programRuns(true);
    }

    private void broken(String subject, String detail) {
        scene.report(new Violation(NAME, subject, scene.retired(), state.rip, detail));
        back();
    }

    /** The past was put back in place. */
    void loaded() {
        footprint.programRuns(!departure.away);
    }
}
