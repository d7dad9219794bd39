/**
 * Traces for people and for programs. Start reading at {@link io.github.nmi64.trace.sink.StepTrace}.
 */
@NullMarked
package io.github.nmi64.trace.sink;

import org.jspecify.annotations.NullMarked;
