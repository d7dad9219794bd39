package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.trace.Delivered;
import java.util.ArrayList;
import java.util.List;

/** No push or frame goes below the stack it began on, and no event but the NMI is delivered on the NMI stack. */
final class StackBounds extends Invariant {
    /** The most bytes one step allocates on a stack; a longer way is a switch to another stack. */
    private static final long REACH = 256;

    private final Region nmiStack;
    private final List<Region> stacks;

    StackBounds(Region nmiStack, List<Region> others) {
        super("stack-bounds");
        this.nmiStack = nmiStack;
        stacks = new ArrayList<>(others);
        stacks.add(nmiStack);
    }

    @Override
    void delivered(Scene scene, Delivered event) {
        if (event.ist() != 0 && event.vector() != Vector.NMI && nmiStack.contains(event.frame())) {
            broken(
                    scene,
                    "rsp",
                    Vector.name(event.vector()) + " is delivered on the NMI stack, its frame at "
                            + Hex.of(event.frame()));
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
            boolean wasInside = before - stack.start() > 0 && before - stack.end() <= 0;
            if (wasInside && now - stack.start() < 0 && before - now <= REACH) {
                broken(
                        scene,
                        "rsp",
                        "RSP goes from " + Hex.of(before) + " to " + Hex.of(now) + ", below the stack that ends at "
                                + Hex.of(stack.start()));
                return;
            }
        }
    }
}
