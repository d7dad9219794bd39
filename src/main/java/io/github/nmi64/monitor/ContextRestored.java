package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Vector;

/**
 * A program interrupted by an asynchronous event resumes with every register it had, at every level of nesting. A context
 * that is never resumed is no violation of this invariant.
 */
final class ContextRestored extends Invariant {
    ContextRestored() {
        super(Invariants.CONTEXT_RESTORED);
    }

    @Override
    void resumed(Scene scene, int level) {
        Nesting nesting = scene.nesting();
        if (!nesting.isCompared(level)) {
            return;
        }
        long[] now = new long[ContextRegisters.COUNT];
        ContextRegisters.current(scene.state(), now, 0);
        if (nesting.value(level, ContextRegisters.RIP) != now[ContextRegisters.RIP]) {
            report(scene, level, ContextRegisters.RIP, now); // somewhere else, where no other register need agree
            return;
        }
        for (int i = 0; i < now.length; i++) {
            if (nesting.value(level, i) != now[i]) {
                report(scene, level, i, now);
            }
        }
    }

    private void report(Scene scene, int level, int word, long[] now) {
        Nesting nesting = scene.nesting();
        String name = ContextRegisters.NAMES.get(word);
        broken(
                scene,
                name,
                name + " was " + Hex.of(nesting.value(level, word)) + " and is " + Hex.of(now[word])
                        + " in the context that " + Vector.name(nesting.vector(level)) + " interrupted at step "
                        + nesting.step(level) + ", RIP " + Hex.of(scene.state().rip));
    }
}
