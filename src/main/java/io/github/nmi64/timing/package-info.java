/**
 * Cost models: how many cycles instructions and deliveries take. Start reading at
 * {@link io.github.nmi64.timing.CostModel}.
 */
@NullMarked
package io.github.nmi64.timing;

import org.jspecify.annotations.NullMarked;
