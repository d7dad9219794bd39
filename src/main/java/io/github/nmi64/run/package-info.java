/**
 * A run of a fixture on a machine: when its injections arrive, what watches it, how it ends, and what tells its states apart.
 *
 * <p>Begin with {@link io.github.nmi64.run.FixtureRun}.
 */
@NullMarked
package io.github.nmi64.run;

import org.jspecify.annotations.NullMarked;
