package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.trace.DeliveredEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** No push or frame goes below the stack it began on, and no event but the NMI is delivered on the NMI stack. */
final class StackBounds extends Invariant {
    /** A load of RSP that goes this far at most is taken for an allocation, unless it leads to another declared stack. */
    private static final long REACH = 256;

    private final Optional<Region> nmiStack;
    private final List<Region> stacks;

    StackBounds(Optional<Region> nmiStack, List<Region> others) {
        super("stack-bounds");
        this.nmiStack = nmiStack;
        stacks = new ArrayList<>(others);
        nmiStack.ifPresent(stacks::add);
    }

    @Override
    void delivered(Scene scene, DeliveredEvent event) {
        boolean onNmiStack =
                nmiStack.filter(stack -> stack.contains(event.frame())).isPresent();
        if (event.ist() != 0 && event.vector() != Vector.NMI && onNmiStack) {
            broken(
                    scene,
                    "rsp",
                    Vector.name(event.vector()) + " is delivered on the NMI stack, its frame at "
                            + place(scene, nmiStack.orElseThrow(), event.frame()));
        }
    }

    @Override
    boolean watchesBoundaries() {
        return true;
    }

    @Override
    void boundary(Scene scene) {
        long before = scene.rspBefore();
        long now = scene.state().gpr[Gpr.RSP];
        if (now == before) {
            return;
        }
        for (int i = 0; i < stacks.size(); i++) {
            Region stack = stacks.get(i);
            if (now - stack.start() < 0 && isOn(stack, before) && isAllocation(scene, before, now)) {
                broken(
                        scene,
                        "rsp",
                        "RSP goes from " + place(scene, stack, before) + " to " + Hex.of(stack.start() - now)
                                + " bytes below that stack");
                return;
            }
        }
    }

    /** True for a stack pointer within a stack; that of a full one may also be another's that is empty. */
    private boolean isOn(Region stack, long rsp) {
        boolean isInside = rsp - stack.start() > 0 && rsp - stack.end() <= 0;
        return isInside || rsp == stack.start() && !isOnSome(rsp);
    }

    private boolean isOnSome(long rsp) {
        for (int i = 0; i < stacks.size(); i++) {
            Region stack = stacks.get(i);
            if (rsp - stack.start() > 0 && rsp - stack.end() <= 0) {
                return true;
            }
        }
        return false;
    }

    private boolean isAllocation(Scene scene, long before, long now) {
        return switch (scene.stackStep()) {
            case ALLOCATION -> true;
            case LOAD -> before - now <= REACH && !isOnSome(now);
            case UNKNOWN -> before - now <= REACH;
        };
    }

    /** {@code NMI stack top-0x28}. */
    private String place(Scene scene, Region stack, long rsp) {
        String label = scene.place(stack.start());
        String name = nmiStack.filter(stack::equals).isPresent()
                ? "NMI stack"
                : label.isEmpty() ? Hex.of(stack.start()) : label;
        long below = stack.end() - rsp;
        return name + " top" + (below == 0 ? "" : "-" + Hex.of(below));
    }
}
