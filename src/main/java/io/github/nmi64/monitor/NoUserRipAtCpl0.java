package io.github.nmi64.monitor;

import io.github.nmi64.fixture.Region;
import java.util.List;

/** User code never runs with the kernel's privileges. */
final class NoUserRipAtCpl0 extends Invariant {
    private final List<Region> user;

    NoUserRipAtCpl0(List<Region> user) {
        super("no-user-rip-at-cpl0");
        this.user = user;
    }

    @Override
    boolean watchesBoundaries() {
        return true;
    }

    @Override
    void boundary(Scene scene) {
        if (scene.state().cpl != 0) {
            return;
        }
        long rip = scene.state().rip;
        for (int i = 0; i < user.size(); i++) {
            if (user.get(i).contains(rip)) {
                broken(scene, "rip", "RIP is " + scene.at(rip) + ", a user page, at CPL 0");
                return;
            }
        }
    }
}
