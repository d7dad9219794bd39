package io.github.nmi64.run;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Landmarks;
import io.github.nmi64.fixture.StackPlace;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.EventType;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.StringJoiner;

/**
 * What happened to each event, in sentences; of a run and of a counterexample, which is a run too. An NMI is <em>nested</em> if the
 * context that the first of them interrupted has not been resumed yet. A delivery is told with what decides how entry code
 * treats it: the privilege level, the stack RSP is on, and where the fixture names them the executing variable and whether
 * the interrupted code is the repeat region.
 *
 * <p>Only the beginning of a long story is kept.
 */
public final class Narrator implements TraceSink {
    /** Name of the slot that entry code marks while an NMI is being handled. */
    private static final String EXECUTING = "nmi_executing";

    private static final int LONGEST = 60;

    private final FixtureRun run;
    private final Fixture fixture;
    private final Landmarks landmarks;
    private final long from;
    private final List<String> sentences = new ArrayList<>();
    private long left;
    private boolean isKept;
    private boolean unblocking;
    private boolean inHandler;
    private long resumeRip;
    private long resumeRsp;

    /** A narrator of a run: give it to {@link FixtureRun#begin}. */
    public Narrator(FixtureRun run) {
        this(run, 0);
    }

    /** @param from leaves out what happens before so many instructions have retired */
    public Narrator(FixtureRun run, long from) {
        this.run = run;
        this.fixture = run.fixture();
        this.landmarks = fixture.directives().landmarks();
        this.from = from;
    }

    /** One line for each thing that happened, in order. */
    public List<String> sentences() {
        return Collections.unmodifiableList(sentences);
    }

    /** How many more things happened. */
    public long left() {
        return left;
    }

    /** Only to see the repeat region entered. */
    @Override
    public boolean wantsInstructions() {
        return landmarks.repeat().isPresent();
    }

    @Override
    public void executing(CpuState state, Instruction instruction, long cycle, long retired) {
        if (landmarks.repeat().isPresent() && landmarks.repeat().get().start() == state.rip) {
            tell(cycle, retired, "NMI handling repeats from " + place(state.rip));
        }
    }

    @Override
    public void nmiAsserted(CpuState state, long cycle, long retired) {
        String held = state.interrupts.nmiBlocked ? " while NMIs are blocked" : "";
        tell(cycle, retired, "NMI asserted at " + place(state.rip) + held);
    }

    @Override
    public void nmiLatched(CpuState state, long cycle, long retired) {
        append(", latched");
    }

    @Override
    public void nmiMerged(CpuState state, long cycle, long retired) {
        append(", merged with the one latched before");
    }

    @Override
    public void raised(CpuState state, EventType type, int vector, long cycle, long retired) {
        String what =
                switch (type) {
                    case EXTERNAL_INTERRUPT -> name(type, vector) + " requested";
                    case HARDWARE_EXCEPTION ->
                        vector == Vector.GP ? "next IRET set up to fault with #GP(0)" : name(type, vector) + " raised";
                    default -> name(type, vector) + " raised";
                };
        tell(cycle, retired, what + " at " + place(state.rip));
    }

    @Override
    public void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
        boolean isNmi = event.type() == EventType.NMI;
        String code = event.hasErrorCode() ? "(" + Hex.of(Integer.toUnsignedLong(event.errorCode())) + ")" : "";
        tell(
                cycle,
                retired,
                name(event.type(), event.vector()) + code + " delivered at " + place(event.fromRip())
                        + (isNmi && inHandler ? ", nested" : "") + " (" + circumstances(event) + ")");
        if (isNmi && !inHandler) {
            inHandler = true;
            resumeRip = event.fromRip();
            resumeRsp = event.fromRsp();
        }
    }

    private static String name(EventType type, int vector) {
        return type == EventType.EXTERNAL_INTERRUPT ? "interrupt " + vector : Vector.name(vector);
    }

    private String circumstances(DeliveredEvent event) {
        StringJoiner joiner = new StringJoiner(", ");
        joiner.add("CPL " + (event.fromCs() & 3));
        joiner.add("RSP " + StackPlace.stack(fixture, event.fromRsp()));
        landmarks.slot(EXECUTING).ifPresent(slot -> run.machine()
                .peek(slot.address())
                .ifPresent(value -> joiner.add(slot.name() + "=" + Hex.of(value))));
        landmarks
                .repeat()
                .ifPresent(region -> joiner.add(
                        region.contains(event.fromRip()) ? "in the repeat region" : "outside the repeat region"));
        return joiner.toString();
    }

    @Override
    public void iretBegins(CpuState state, boolean unblocks, long cycle, long retired) {
        if (unblocks) {
            tell(cycle, retired, "NMIs unblocked by IRET");
        }
        unblocking = unblocks;
    }

    @Override
    public void iretCompleted(CpuState state, long cycle, long retired) {
        if (unblocking) {
            append(" to " + place(state.rip));
        }
        if (inHandler && state.rip == resumeRip && state.gpr[Gpr.RSP] == resumeRsp) {
            inHandler = false;
            tell(cycle, retired, "interrupted context resumed at " + place(state.rip));
        }
    }

    @Override
    public void woken(CpuState state, long cycle, long retired) {
        tell(cycle, retired, "woken");
    }

    @Override
    public void shutdown(CpuState state, String cause, long cycle, long retired) {
        tell(cycle, retired, "shutdown: " + cause);
    }

    private void tell(long cycle, long retired, String what) {
        isKept = retired >= from && sentences.size() < LONGEST;
        if (isKept) {
            sentences.add("step %8d  cycle %8d  %s".formatted(retired, cycle, what));
        } else if (retired >= from) {
            left++;
        }
    }

    /** Goes on with the sentence before. */
    private void append(String more) {
        if (isKept) {
            int last = sentences.size() - 1;
            sentences.set(last, sentences.get(last) + more);
        }
    }

    private String place(long address) {
        return fixture.image().symbols().text(address);
    }
}
