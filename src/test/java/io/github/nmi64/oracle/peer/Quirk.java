package io.github.nmi64.oracle.peer;

import java.util.function.Predicate;

/**
 * Something a peer is known to do differently.
 *
 * @param reason what it does
 * @param rule why that is not how it should be, by the manual
 * @param effect what becomes of the walk
 * @param applies tells such a difference
 */
record Quirk(String reason, String rule, Effect effect, Predicate<Difference> applies) {
    /** What becomes of a walk that meets the quirk. */
    enum Effect {
        /** It goes on. */
        GO_ON,
        /** The peer gets nmi64's flags, so that nothing follows from it, and the walk goes on. */
        MEND_FLAGS,
        /** The peer gets nmi64's RAX, so that nothing follows from it, and the walk goes on. */
        MEND_RAX,
        /** It ends: from here on the two do different things. */
        STOP
    }
}
