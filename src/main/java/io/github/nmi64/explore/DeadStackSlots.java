package io.github.nmi64.explore;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.monitor.InvariantMonitor;
import java.util.ArrayList;
import java.util.List;

/**
 * Declares stack bytes dead that the program will probably not read again: what a POP, RET or IRET has popped; all of a stack
 * that an IRET has left for another, unless somebody waits on it; and, when the outermost interrupted program resumes,
 * everything on the stacks it is not using. That keeps leftovers from multiplying states.
 *
 * <p>Only a guess: what makes it sound is that a dead byte which is read is noticed. Then the quadword is kept
 * ({@link QuadwordSet}) and the exploration starts again.
 */
final class DeadStackSlots {
    private static final int IRET_FRAME = 40;

    private final Machine machine;
    private final InvariantMonitor monitor;
    private final QuadwordSet live;
    private final List<Region> stacks = new ArrayList<>();
    private final long[] gpr;

    DeadStackSlots(Machine machine, InvariantMonitor monitor, Fixture fixture, QuadwordSet live) {
        this.machine = machine;
        this.monitor = monitor;
        this.live = live;
        this.gpr = machine.state().gpr;
        fixture.directives().landmarks().istStack().ifPresent(stacks::add);
        stacks.addAll(fixture.directives().check().stacks());
    }

    /** Looks at a step from one boundary to the next: RSP and the number of interrupted contexts before it. */
    void stepped(long rspBefore, int contextsBefore) {
        long rsp = gpr[Gpr.RSP];
        if (rsp == rspBefore) {
            return;
        }
        int contexts = monitor.interruptedContexts();
        boolean resumed = contexts < contextsBefore;
        if (rsp - rspBefore == 8) {
            kill(rspBefore, rsp); // a POP or RET, even one that resumes somebody
        } else if (resumed) {
            kill(rspBefore, rspBefore + IRET_FRAME);
        }
        if (resumed && contexts == 0) {
            leaveAll(rsp);
        } else if (monitor.hasReturned()) {
            leave(rspBefore, rsp);
        }
    }

    /** An IRET has gone from one stack pointer to another: a stack that it has left and nobody waits on is done with. */
    private void leave(long from, long to) {
        for (int i = 0; i < stacks.size(); i++) {
            Region stack = stacks.get(i);
            if (stack.contains(from) && !isOn(stack, to) && !monitor.waitsOn(stack)) {
                kill(stack.start() + 7 & -8, stack.end());
            }
        }
    }

    /** Within one of the stacks. */
    private void kill(long from, long to) {
        for (int i = 0; i < stacks.size(); i++) {
            Region stack = stacks.get(i);
            if (stack.contains(from) && (from & 7) == 0) {
                machine.core().memory.kill(from, to - stack.end() < 0 ? to : stack.end() & -8, live::lacks);
                return;
            }
        }
    }

    /** Everything the program whose stack pointer this is does not use. */
    void leaveAll(long rsp) {
        for (int i = 0; i < stacks.size(); i++) {
            Region stack = stacks.get(i);
            machine.core().memory.kill(stack.start() & -8, isOn(stack, rsp) ? rsp & -8 : stack.end() & -8, live::lacks);
        }
    }

    private static boolean isOn(Region stack, long rsp) {
        return rsp - stack.start() > 0 && rsp - stack.end() <= 0;
    }
}
