/**
 * The architectural state of the processor, all of it and nothing else: a snapshot is a copy of these fields. Start reading
 * at {@link io.github.nmi64.state.CpuState}.
 */
@NullMarked
package io.github.nmi64.state;

import org.jspecify.annotations.NullMarked;
