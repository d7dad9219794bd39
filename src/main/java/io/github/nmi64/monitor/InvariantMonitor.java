package io.github.nmi64.monitor;

import io.github.nmi64.bits.Digest;
import io.github.nmi64.core.Core;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Directives;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.EventType;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongFunction;
import java.util.stream.Stream;

/**
 * Watches the built-in invariants, and a fixture's own, over a run. Attach it as a sink and frame each step of the processor
 * with {@link #beforeStep} and {@link #afterStep}.
 *
 * <p>What it remembers is in {@link Snapshot}, which can be taken, put back and digested; what it found is not part of that.
 */
public final class InvariantMonitor implements TraceSink {
    private static final long NOWHERE = 1L << 62; // not canonical

    private final Core core;
    private final CpuState state;
    private final Invariant[] all;
    private final Invariant[] watching;
    private final long bodyFirst;
    private final long bodyLast;
    private final int savedRegisters;
    private final long windowFirst;
    private final long windowLast;
    /** Steps of the program that end the run; 0 for none. */
    private final long steps;

    private final Nesting nesting = new Nesting();
    private final List<Violation> violations = new ArrayList<>();
    private final Scene scene;
    private final NonInterference outermost;
    private final StackRanges stacks;

    private long runs;
    private long savedBefore;
    private long retiredBefore;
    private boolean wasProgram;
    private long iretFrame;
    private boolean hasReturned;

    /** What the monitor remembers of the past, at one moment. */
    public static final class Snapshot {
        private final Nesting nesting = new Nesting();
        private long runs;
    }

    /**
     * @param quadwords the quadword at a linear address as a debugger reads it; empty if it is not mapped
     * @param instructions the instruction at a linear address; empty if there is none
     */
    public InvariantMonitor(
            Core core,
            Directives directives,
            SymbolTable symbols,
            LongFunction<OptionalLong> quadwords,
            LongFunction<Optional<Instruction>> instructions) {
        this.core = core;
        this.state = core.state;
        this.scene = new Scene(core, nesting, violations, symbols, quadwords, instructions);
        List<Invariant> invariants = Invariants.of(directives);
        this.all = invariants.toArray(Invariant[]::new);
        this.watching = invariants.stream().filter(Invariant::watchesBoundaries).toArray(Invariant[]::new);
        Region body = directives.landmarks().handler().orElse(new Region(NOWHERE, NOWHERE + 1));
        this.bodyFirst = body.start();
        this.bodyLast = body.end();
        CheckPlan plan = directives.check();
        this.savedRegisters = plan.ptRegs().orElse(Gpr.RDI);
        this.windowFirst = plan.window().map(CheckPlan.Window::first).orElse(NOWHERE);
        this.windowLast = plan.window().map(CheckPlan.Window::last).orElse(NOWHERE);
        this.steps = plan.steps().orElse(0);
        this.nesting.open = plan.window().isEmpty() || state.rip == windowFirst;
        this.outermost = new NonInterference(core, nesting, plan.recovers(), scene, this::resume, this::tellCauses);
        this.stacks = new StackRanges(directives);
    }

    /** Watches {@code interference} as well, with what this sees of the machine. */
    public void footprint(Footprint footprint) {
        outermost.footprint(footprint);
    }

    /** True if an event from outside has interrupted the outermost program and it has not gone on. */
    public boolean isAway() {
        return nesting.departure.away;
    }

    /** Something is about to be asserted at this boundary, before {@link #afterStep}. */
    public void lookAround() {
        outermost.look();
    }

    /** Takes the footprint of the program that runs, so that it can be asked what that leaves out. */
    public void takeFootprint() {
        outermost.take();
    }

    /** Names of the invariants that are watched, in no useful order, each once. */
    public List<String> invariants() {
        Stream<String> names = List.of(all).stream().map(Invariant::name);
        Stream<String> more = outermost.isWatching() ? Stream.of(NonInterference.NAME) : Stream.empty();
        return Stream.concat(names, more).distinct().toList();
    }

    /** The invariants that the directives do not say enough for. */
    public static List<Unwatched> notWatched(Directives directives) {
        return Invariants.missing(directives);
    }

    /** What was found, in the order of the run. */
    public List<Violation> violations() {
        return Collections.unmodifiableList(violations);
    }

    /** True if something was found. */
    public boolean hasFound() {
        return !violations.isEmpty();
    }

    /** Adds a violation that somebody else has noticed. */
    public void notice(Violation violation) {
        violations.add(violation);
    }

    /** How often the handler's body was entered from outside. */
    public long handlerRuns() {
        return runs;
    }

    /** True if events may arrive at this boundary, by the fixture's window. */
    public boolean isOpen() {
        return nesting.open;
    }

    /** True if the program has made the steps that end the run. */
    public boolean isComplete() {
        return steps > 0 && nesting.made == steps;
    }

    /** How many interrupted contexts have not been resumed. */
    public int interruptedContexts() {
        return nesting.depth;
    }

    /** True if the last step has completed an IRET. */
    public boolean hasReturned() {
        return hasReturned;
    }

    /** True if an interrupted context waits on a stack: with its stack pointer at CPL 0, or with the frame it is resumed by. */
    public boolean waitsOn(Region stack) {
        return nesting.waitsOn(stack);
    }

    /** True if an external interrupt was delivered through this vector and its handler has not returned. */
    public boolean isInService(int vector) {
        return nesting.isInService(vector);
    }

    /** True if a program interrupted through this vector has not been resumed. */
    public boolean isHandling(int vector) {
        return nesting.innermost(vector) >= 0;
    }

    /** True if a delivered NMI still waits for the handler's body to start. */
    public boolean owesHandler() {
        return nesting.owed;
    }

    /** Puts everything remembered into {@code target}. */
    public void snapshot(Snapshot target) {
        target.nesting.copyFrom(nesting);
        target.runs = runs;
    }

    /** Goes back to what was remembered; nothing is found yet. */
    public void restore(Snapshot source) {
        nesting.copyFrom(source.nesting);
        outermost.loaded();
        runs = source.runs;
        violations.clear();
    }

    /** Adds what decides what will be found later to a digest. */
    public void digest(Digest into) {
        nesting.digest(into);
    }

    /** Call before each step of the processor. */
    public void beforeStep() {
        scene.stepBegins();
        hasReturned = false;
        savedBefore = state.gpr[savedRegisters];
        retiredBefore = core.retired;
        wasProgram = steps > 0 && nesting.open && nesting.depth == 0 && !isAway();
        outermost.begin();
        if (core.attention != 0 && core.isEventDue()) {
            outermost.look();
        }
    }

    /** Call after each step of the processor. */
    public void afterStep() {
        if (core.retired != retiredBefore) {
            if (scene.ripBefore == bodyFirst) {
                startBody();
            }
            if (scene.ripBefore == bodyLast) {
                endBody();
            }
            if (nesting.depth > 0 && state.gpr[Gpr.RSP] != scene.rspBefore) {
                watchCalls();
            }
        }
        for (int i = 0; i < watching.length; i++) {
            watching[i].boundary(scene);
        }
        outermost.stepped();
        if (nesting.depth > 0 && state.gpr[Gpr.RSP] != scene.rspBefore) {
            abandon();
        }
        watchWindow();
    }

    /**
     * A handler that has left its frame behind below the stack pointer has ended, by a jump or by an IRET from a copy. Those of
     * events from outside are watched to their ends, whatever they do: what they interrupted must be as it was.
     */
    private void abandon() {
        while (nesting.depth > nesting.lowestAbandoned() && !nesting.isCompared(nesting.depth - 1)) {
            long frame = nesting.frame(nesting.depth - 1);
            long rsp = state.gpr[Gpr.RSP];
            boolean isLeft = state.cpl == 0
                    && frame != Nesting.OVERWRITTEN
                    && rsp - (frame + Nesting.FRAME_SIZE) >= 0
                    && stacks.areOne(scene, frame, rsp - 1);
            if (!isLeft) {
                return;
            }
            nesting.depth--;
        }
    }

    private void startBody() {
        for (Invariant invariant : all) {
            invariant.bodyStarted(scene, savedBefore);
        }
        runs += nesting.inBody ? 0 : 1;
        nesting.inBody = true;
        nesting.owed = false;
        nesting.savedRegisters = savedBefore;
    }

    private void endBody() {
        for (Invariant invariant : all) {
            invariant.bodyEnded(scene);
        }
        nesting.inBody = false;
        nesting.savedRegisters = 0;
    }

    /** Tells CALL and RET by what they do: they move RSP and do not go on with the next instruction. */
    private void watchCalls() {
        boolean goesOn = Long.compareUnsigned(state.rip - scene.ripBefore, Decoder.MAX_LENGTH) <= 0;
        if (goesOn || scene.isEvent) {
            return;
        }
        long rsp = state.gpr[Gpr.RSP];
        if (rsp - scene.rspBefore < 0) {
            scene.quadword(rsp).ifPresent(returnsTo -> nesting.called(scene.rspBefore, returnsTo));
        } else {
            resume(nesting.returnedTo(state.rip, rsp, state.selector(Segment.CS)));
        }
    }

    private void resume(int level) {
        if (level < 0) {
            return;
        }
        for (Invariant invariant : all) {
            invariant.resumed(scene, level);
        }
        nesting.depth = level;
    }

    private void tellCauses() {
        for (Invariant invariant : all) {
            invariant.interfered(scene);
        }
    }

    private void watchWindow() {
        if (wasProgram && core.retired != retiredBefore) {
            nesting.made++;
        }
        if (isComplete()) {
            nesting.open = false;
            return;
        }
        if (state.rip == windowFirst) {
            nesting.open = true;
        } else if (state.rip == windowLast && nesting.depth == 0 && !isAway()) {
            nesting.open = false;
        }
    }

    /** Call once when the guest has exited or halted for good. */
    public void ended() {
        outermost.ended();
        for (Invariant invariant : all) {
            invariant.ended(scene);
        }
    }

    /**
     * Call after {@link #ended} if the guest has exited where it exits when nothing interrupts it: whoever is still listed
     * as interrupted has been resumed in a way nobody noticed, such as a jump.
     */
    public void completed() {
        for (Invariant invariant : all) {
            invariant.completed(scene);
        }
    }

    @Override
    public void delivered(CpuState now, DeliveredEvent event, long cycle, long retired) {
        scene.isEvent = true;
        scene.isDelivery = true;
        outermost.delivered(event, retired);
        nesting.owed |= event.type() == EventType.NMI && bodyFirst != NOWHERE;
        for (Invariant invariant : all) {
            invariant.delivered(scene, event);
        }
        if (event.ist() != 0 || (event.fromCs() & 3) != 0) {
            scene.rspBefore = now.gpr[Gpr.RSP]; // another stack: nothing was allocated on the old one
        }
    }

    @Override
    public void lost(CpuState now, EventType type, int vector, long cycle, long retired) {
        outermost.lost(type, vector);
        nesting.owed |= type == EventType.NMI && bodyFirst != NOWHERE;
    }

    @Override
    public void iretBegins(CpuState now, boolean unblocks, long cycle, long retired) {
        iretFrame = now.gpr[Gpr.RSP];
        for (Invariant invariant : all) {
            invariant.popping(scene, iretFrame);
        }
    }

    @Override
    public void iretCompleted(CpuState now, long cycle, long retired) {
        scene.isEvent = true;
        hasReturned = true;
        int level = nesting.resumedBy(iretFrame, scene.ripBefore, now);
        if (level < 0) {
            outermost.ledElsewhere();
        }
        resume(level);
    }

    @Override
    public void shutdown(CpuState now, String cause, long cycle, long retired) {
        for (Invariant invariant : all) {
            invariant.shutDown(scene, cause);
        }
    }
}
