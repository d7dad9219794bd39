package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.isa.Segment;

/** While the NMI handler's body runs, GS base is the kernel's. */
final class KernelGsInHandler extends Invariant {
    private final Region handler;
    private final long kernelGs;

    KernelGsInHandler(Region handler, long kernelGs) {
        super("kernel-gs-in-handler");
        this.handler = handler;
        this.kernelGs = kernelGs;
    }

    @Override
    boolean watchesBoundaries() {
        return true;
    }

    @Override
    void boundary(Scene scene) {
        long base = scene.state().segments.base[Segment.GS];
        if (base != kernelGs && handler.contains(scene.state().rip)) {
            broken(
                    scene,
                    "gs_base",
                    "the handler runs with GS base " + Hex.of(base) + " instead of " + Hex.of(kernelGs));
        }
    }
}
