/**
 * From an event to the first instruction of its handler. Start reading at
 * {@link io.github.nmi64.delivery.Delivery}.
 */
@NullMarked
package io.github.nmi64.delivery;

import org.jspecify.annotations.NullMarked;
