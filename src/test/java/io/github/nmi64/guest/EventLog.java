package io.github.nmi64.guest;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.EventType;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/** Remembers events, once as a story with the listing's labels and once as they were. Listens to no instructions. */
public final class EventLog implements TraceSink {
    private final LongFunction<String> names;
    private final List<String> story = new ArrayList<>();
    private final List<String> exact = new ArrayList<>();
    private final List<DeliveredEvent> deliveries = new ArrayList<>();
    private final List<Boolean> iretsBegun = new ArrayList<>();
    private int iretsCompleted;

    /** An empty log that calls addresses by these names. */
    public EventLog(LongFunction<String> names) {
        this.names = names;
    }

    /**
     * What happened, one line an event: {@code NMI at label+2}, {@code #GP(0x18) at bad_iret}, {@code int 0x30 at here},
     * {@code iret to label}, {@code merged}, {@code woken}, {@code shutdown}. The place of a delivery is the RIP it saved.
     */
    public List<String> story() {
        return story;
    }

    /** The story with every register of the moment, the cycle and the count of instructions. */
    public List<String> exact() {
        return exact;
    }

    /** Completed deliveries. */
    public List<DeliveredEvent> deliveries() {
        return deliveries;
    }

    /** IRETs that began, with whether they ended NMI blocking. */
    public List<Boolean> iretsBegun() {
        return iretsBegun;
    }

    /** IRETs that came to their target. */
    public int iretsCompleted() {
        return iretsCompleted;
    }

    /** How many times this vector was delivered. */
    public long count(int vector) {
        return deliveries.stream().filter(event -> event.vector() == vector).count();
    }

    /** Forgets everything so far. */
    public void clear() {
        story.clear();
        exact.clear();
        deliveries.clear();
        iretsBegun.clear();
        iretsCompleted = 0;
    }

    private void tell(String line, CpuState state, long cycle, long retired) {
        story.add(line);
        note(line, state, cycle, retired);
    }

    private void note(String line, CpuState state, long cycle, long retired) {
        StringBuilder text = new StringBuilder(line);
        text.append(" cycle=").append(cycle).append(" retired=").append(retired);
        text.append(" rip=").append(Long.toHexString(state.rip));
        text.append(" rflags=").append(Long.toHexString(state.rflags));
        for (int i = 0; i < Gpr.COUNT; i++) {
            text.append(' ').append(Long.toHexString(state.gpr[i]));
        }
        exact.add(text.toString());
    }

    @Override
    public void nmiAsserted(CpuState state, long cycle, long retired) {
        note("asserted", state, cycle, retired);
    }

    @Override
    public void nmiLatched(CpuState state, long cycle, long retired) {
        note("latched", state, cycle, retired);
    }

    @Override
    public void nmiMerged(CpuState state, long cycle, long retired) {
        tell("merged", state, cycle, retired);
    }

    @Override
    public void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
        deliveries.add(event);
        tell(cause(event) + " at " + names.apply(event.fromRip()), state, cycle, retired);
    }

    private static String cause(DeliveredEvent event) {
        if (event.type().isSubjectToDpl()) {
            return "int 0x" + Integer.toHexString(event.vector());
        }
        if (event.type() == EventType.PRIVILEGED_SOFTWARE_EXCEPTION) {
            return "int1";
        }
        String code = event.hasErrorCode() ? "(0x" + Integer.toHexString(event.errorCode()) + ")" : "";
        String name = event.type() == EventType.EXTERNAL_INTERRUPT
                ? "interrupt 0x" + Integer.toHexString(event.vector())
                : Vector.name(event.vector());
        return name + code;
    }

    @Override
    public void iretBegins(CpuState state, boolean unblocks, long cycle, long retired) {
        iretsBegun.add(unblocks);
        note("iret begins, unblocks=" + unblocks, state, cycle, retired);
    }

    @Override
    public void iretCompleted(CpuState state, long cycle, long retired) {
        iretsCompleted++;
        tell("iret to " + names.apply(state.rip), state, cycle, retired);
    }

    @Override
    public void woken(CpuState state, long cycle, long retired) {
        tell("woken", state, cycle, retired);
    }

    @Override
    public void shutdown(CpuState state, String cause, long cycle, long retired) {
        tell("shutdown", state, cycle, retired);
    }
}
