/**
 * A second opinion on entries: a player that throws events at a program and judges from the trace of the run alone, without
 * the explorer and without the monitors. Begin with {@code Player}.
 */
@NullMarked
package io.github.nmi64.oracle.player;

import org.jspecify.annotations.NullMarked;
