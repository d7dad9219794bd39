package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.Delivered;
import io.github.nmi64.trace.EventKind;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The invariant {@code context-restored}: a program interrupted by an asynchronous event resumes with every register it
 * had.
 *
 * <p>Each delivery puts the interrupted context on a list. An IRET that arrives at the RIP of a context on the list resumes
 * it; the contexts above are then abandoned. Contexts of exceptions and software interrupts are listed only so that their
 * IRETs find them: their handlers may change registers on purpose. A context that is never resumed is no violation of this
 * invariant.
 */
public final class ContextMonitor implements TraceSink {
    /** Name of the invariant. */
    public static final String INVARIANT = "context-restored";

    private static final int DEEPEST = 1024;

    private record Entry(Context context, boolean checked, long step, String event) {}

    private final List<Entry> interrupted = new ArrayList<>();
    private final List<Violation> violations = new ArrayList<>();

    /** What was found, in the order of the run. */
    public List<Violation> violations() {
        return Collections.unmodifiableList(violations);
    }

    @Override
    public void delivered(CpuState state, Delivered event, long cycle, long retired) {
        if (interrupted.size() == DEEPEST) {
            interrupted.remove(0);
        }
        boolean asynchronous = event.kind() == EventKind.NMI
                || event.kind() == EventKind.INTERRUPT
                || event.kind() == EventKind.EXCEPTION && event.vector() == Vector.MC;
        Context context = Context.interrupted(state, event);
        interrupted.add(new Entry(context, asynchronous, retired, Vector.name(event.vector())));
    }

    @Override
    public void iretCompleted(CpuState state, long cycle, long retired) {
        for (int i = interrupted.size() - 1; i >= 0; i--) {
            Entry entry = interrupted.get(i);
            if (entry.context.rip() == state.rip) {
                interrupted.subList(i, interrupted.size()).clear();
                if (entry.checked) {
                    compare(entry, state, retired);
                }
                return;
            }
        }
    }

    private void compare(Entry entry, CpuState state, long retired) {
        for (Context.Difference difference : entry.context.differences(Context.current(state))) {
            String detail = difference.text() + " in the context that " + entry.event + " interrupted at step "
                    + entry.step + ", RIP " + Hex.of(state.rip);
            violations.add(new Violation(INVARIANT, difference.register(), retired, state.rip, detail));
        }
    }
}
