/**
 * Invariants watched while a machine runs. Start reading at {@link io.github.nmi64.monitor.InvariantMonitor}.
 */
@NullMarked
package io.github.nmi64.monitor;

import org.jspecify.annotations.NullMarked;
