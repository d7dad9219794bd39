package io.github.nmi64.run;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Landmarks;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.image.SymbolTable;
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
import java.util.Optional;
import java.util.StringJoiner;

/**
 * What happened to each NMI, in sentences. An NMI is <em>nested</em> if the context that the first of them interrupted has
 * not been resumed yet. Where the fixture names them, it also tells whether the interrupted RSP was in the NMI stack, the
 * value of the executing variable, and whether the interrupted code was the repeat region.
 *
 * <p>Only the beginning of a long story is kept.
 */
public final class Narrator implements TraceSink {
    private static final int LONGEST = 60;

    private final Landmarks landmarks;
    private final SymbolTable symbols;
    private final Optional<TrackedQuadword> executing;
    private final List<String> sentences = new ArrayList<>();
    private long left;
    private boolean unblocking;
    private boolean inHandler;
    private long resumeRip;
    private long resumeRsp;

    /** A narrator of one run of the fixture: attach it as a sink before the run begins. */
    public Narrator(Fixture fixture) {
        this.landmarks = fixture.directives().landmarks();
        this.symbols = fixture.image().symbols();
        this.executing = landmarks.slots().stream()
                .filter(slot -> slot.name().endsWith("executing"))
                .findFirst()
                .map(slot -> new TrackedQuadword(slot.name(), slot.address()));
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

    /** Only to follow the executing variable. */
    @Override
    public boolean wantsMemory() {
        return executing.isPresent();
    }

    @Override
    public void memoryWritten(long address, int size, long value) {
        executing.ifPresent(quadword -> quadword.written(address, size, value));
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
    public void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
        String name = Vector.name(event.vector());
        if (event.type() == EventType.NMI) {
            tell(
                    cycle,
                    retired,
                    "NMI delivered at " + place(event.fromRip()) + (inHandler ? ", nested" : "") + " ("
                            + circumstances(event) + ")");
            if (!inHandler) {
                inHandler = true;
                resumeRip = event.fromRip();
                resumeRsp = event.fromRsp();
            }
        } else {
            String code = event.hasErrorCode() ? "(" + Hex.of(Integer.toUnsignedLong(event.errorCode())) + ")" : "";
            String how = event.type() == EventType.EXTERNAL_INTERRUPT ? "interrupt " : "";
            tell(cycle, retired, how + name + code + " delivered at " + place(event.fromRip()));
        }
    }

    private String circumstances(DeliveredEvent event) {
        StringJoiner joiner = new StringJoiner(", ");
        joiner.add((event.fromCs() & 3) == 3 ? "user mode" : "kernel mode");
        landmarks
                .istStack()
                .ifPresent(stack -> joiner.add(
                        holds(stack, event.fromRsp()) ? "RSP in the NMI stack" : "RSP outside the NMI stack"));
        executing.ifPresent(quadword -> joiner.add(quadword.name() + "=" + Hex.of(quadword.value())));
        landmarks
                .repeat()
                .ifPresent(region -> joiner.add(
                        region.contains(event.fromRip()) ? "in the repeat region" : "outside the repeat region"));
        return joiner.toString();
    }

    /** A full stack's RSP is its low end, an empty one's its top. */
    private static boolean holds(Region stack, long rsp) {
        return stack.contains(rsp) || rsp == stack.end();
    }

    @Override
    public void iretBegins(CpuState state, boolean unblocks, long cycle, long retired) {
        if (unblocks) {
            tell(cycle, retired, "NMIs unblocked by an IRET");
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
        if (sentences.size() == LONGEST) {
            left++;
        } else {
            sentences.add("step %8d  cycle %8d  %s".formatted(retired, cycle, what));
        }
    }

    private void append(String more) {
        if (left == 0) {
            int last = sentences.size() - 1;
            sentences.set(last, sentences.get(last) + more);
        }
    }

    private String place(long address) {
        return symbols.text(address);
    }
}
