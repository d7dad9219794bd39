/**
 * The vocabulary of observable events; the concrete sinks are in {@code trace.sink}. Start reading at
 * {@link io.github.nmi64.trace.TraceSink}.
 */
@NullMarked
package io.github.nmi64.trace;

import org.jspecify.annotations.NullMarked;
