/**
 * Every arrival of an event, to a fixpoint: explores a fixture's states and decides whether an invariant can break. Start
 * reading at {@link io.github.nmi64.explore.Explorer}; what identifies a state is in
 * {@link io.github.nmi64.run.StateIdentity}.
 */
@NullMarked
package io.github.nmi64.explore;

import org.jspecify.annotations.NullMarked;
