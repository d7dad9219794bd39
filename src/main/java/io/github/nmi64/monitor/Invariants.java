package io.github.nmi64.monitor;

import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Directives;
import io.github.nmi64.fixture.Landmarks;
import java.util.ArrayList;
import java.util.List;

/** The invariants that a fixture's directives give enough to go by. */
final class Invariants {
    private Invariants() {}

    static List<Invariant> of(Directives directives) {
        Landmarks landmarks = directives.landmarks();
        CheckPlan plan = directives.check();
        List<Invariant> all = new ArrayList<>();
        all.add(new ContextRestored());
        landmarks.handler().ifPresent(handler -> {
            all.add(new NoLostNmi());
            all.add(new NoReentry());
            all.add(new NoCrash(plan.unexpected()));
            plan.kernelGs().ifPresent(base -> all.add(new KernelGsInHandler(handler, base)));
            plan.ptRegs().ifPresent(register -> all.add(new FrameIntact()));
        });
        if (!landmarks.user().isEmpty()) {
            all.add(new NoUserRipAtCpl0(landmarks.user()));
        }
        landmarks.istStack().ifPresent(stack -> all.add(new StackBounds(stack, plan.stacks())));
        plan.assertions().forEach(assertion -> all.add(new OwnAssertion(assertion)));
        return all;
    }
}
