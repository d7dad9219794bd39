package io.github.nmi64.monitor;

import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Directives;
import io.github.nmi64.fixture.Landmarks;
import java.util.ArrayList;
import java.util.List;

/** The invariants by name, and those that a fixture's directives give enough to go by. */
public final class Invariants {
    /** Nothing stays interrupted for good. */
    public static final String PROGRESS = "progress";
    /** No handler's end is a crash. */
    public static final String NO_CRASH = "no-crash";
    /** Whoever is resumed has its registers. */
    public static final String CONTEXT_RESTORED = "context-restored";
    /** Events leave nothing behind that a program could notice. */
    public static final String INTERFERENCE = "interference";

    private Invariants() {}

    static List<Invariant> of(Directives directives) {
        Landmarks landmarks = directives.landmarks();
        CheckPlan plan = directives.check();
        List<Invariant> all = new ArrayList<>();
        all.add(new ContextRestored());
        landmarks.handler().ifPresent(handler -> {
            all.add(new NoLostNmi());
            all.add(new NoReentry(handler.start()));
            all.add(new HandlerStart(plan.handlerFlags()));
            all.add(new NoCrash(plan.unexpected()));
            plan.kernelGs().ifPresent(base -> all.add(new KernelGsInHandler(handler, base)));
            plan.ptRegs().ifPresent(register -> all.add(new FrameIntact()));
        });
        if (!landmarks.user().isEmpty()) {
            all.add(new NoUserRipAtCpl0(landmarks.user()));
        }
        if (landmarks.istStack().isPresent() || !plan.stacks().isEmpty()) {
            all.add(new StackBounds(landmarks.istStack(), plan.stacks()));
        }
        all.add(new FrameOverwritten(new StackRanges(directives)));
        plan.assertions().forEach(assertion -> all.add(new OwnAssertion(assertion)));
        return all;
    }

    /** What nobody watches, for want of a directive. */
    static List<Unwatched> missing(Directives directives) {
        Landmarks landmarks = directives.landmarks();
        CheckPlan plan = directives.check();
        List<Unwatched> missing = new ArrayList<>();
        boolean handler = landmarks.handler().isPresent();
        unless(handler, missing, "handler", "no-lost-nmi", "no-reentry", "handler-start", NO_CRASH);
        String kernelGs = handler ? "kernel-gs" : "handler";
        unless(handler && plan.kernelGs().isPresent(), missing, kernelGs, "kernel-gs-in-handler");
        String ptRegs = handler ? "pt-regs" : "handler";
        unless(handler && plan.ptRegs().isPresent(), missing, ptRegs, "frame-intact");
        unless(!landmarks.user().isEmpty(), missing, "user", "no-user-rip-at-cpl0");
        boolean stack = landmarks.istStack().isPresent() || !plan.stacks().isEmpty();
        unless(stack, missing, "ist-stack", "stack-bounds");
        return missing;
    }

    private static void unless(boolean isGiven, List<Unwatched> missing, String directive, String... invariants) {
        for (String invariant : invariants) {
            if (!isGiven) {
                missing.add(new Unwatched(invariant, "no directive '" + directive + "'"));
            }
        }
    }
}
