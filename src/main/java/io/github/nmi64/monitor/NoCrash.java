package io.github.nmi64.monitor;

import io.github.nmi64.fixture.Region;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.trace.DeliveredEvent;
import java.util.List;

/** No shutdown, no double fault, no exception that the image sends to a handler for vectors nobody asked for. */
final class NoCrash extends Invariant {
    private final List<Region> unexpected;

    NoCrash(List<Region> unexpected) {
        super(Invariants.NO_CRASH);
        this.unexpected = unexpected;
    }

    @Override
    void delivered(Scene scene, DeliveredEvent event) {
        long rip = scene.state().rip;
        boolean nobodyAsked = unexpected.stream().anyMatch(region -> region.contains(rip));
        if (event.vector() == Vector.DF || nobodyAsked) {
            broken(
                    scene,
                    Vector.name(event.vector()),
                    Vector.name(event.vector()) + " at " + scene.at(event.fromRip()) + ", which has no expected "
                            + "handler");
        }
    }

    @Override
    void shutDown(Scene scene, String cause) {
        broken(scene, "shutdown", "the processor shuts down at " + scene.at(scene.state().rip) + ": " + cause);
    }
}
