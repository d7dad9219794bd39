package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Vector;

/**
 * A program interrupted by an asynchronous event resumes with every register it had, at every level of nesting. A context
 * that is never resumed is no violation of this invariant.
 */
final class ContextRestored extends Invariant {
    ContextRestored() {
        super("context-restored");
    }

    @Override
    void resumed(Scene scene, int level) {
        Nesting nesting = scene.nesting();
        if (!nesting.isCompared(level)) {
            return;
        }
        long[] now = new long[ContextWords.COUNT];
        ContextWords.current(scene.state(), now, 0);
        for (int i = 0; i < now.length; i++) {
            long before = nesting.word(level, i);
            if (before != now[i]) {
                String name = ContextWords.NAMES.get(i);
                broken(
                        scene,
                        name,
                        name + " was " + Hex.of(before) + " and is " + Hex.of(now[i]) + " in the context that "
                                + Vector.name(nesting.vector(level)) + " interrupted at step " + nesting.step(level)
                                + ", RIP " + Hex.of(scene.state().rip));
            }
        }
    }
}
