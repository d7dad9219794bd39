package io.github.nmi64.explore;

import io.github.nmi64.fixture.Violation;
import java.util.Comparator;

/**
 * A violation and the path on which it was met.
 *
 * @param path number of the path
 * @param steps instructions retired from reset to the violation
 */
record Finding(Violation violation, int path, long steps) {
    /** The shortest first. */
    static final Comparator<Finding> SHORTEST = Comparator.comparingLong(Finding::steps)
            .thenComparing(finding -> finding.violation().invariant())
            .thenComparing(finding -> finding.violation().subject())
            .thenComparing(finding -> finding.violation().detail());

    /** Findings about the same are told once. */
    String about() {
        return violation.invariant() + " " + violation.subject();
    }
}
