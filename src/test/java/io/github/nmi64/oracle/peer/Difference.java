package io.github.nmi64.oracle.peer;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.oracle.peer.OwnBoundaries.Boundary;

/**
 * Something nmi64 and a peer do not agree on.
 *
 * @param what the name of a register, {@code stop}, {@code exit value}, {@code serial} or {@code memory}
 * @param number of the boundary in nmi64's run, from 0
 * @param place the boundary's RIP, by symbol; for memory the place that differs
 * @param before nmi64's boundary before it
 * @param here nmi64's boundary
 * @param ours what nmi64 has
 * @param theirs what the peer has
 */
record Difference(String what, int number, String place, Boundary before, Boundary here, long ours, long theirs) {
    @Override
    public String toString() {
        return "%s at boundary %d, %s: nmi64 %s, peer %s".formatted(what, number, place, Hex.of(ours), Hex.of(theirs));
    }
}
