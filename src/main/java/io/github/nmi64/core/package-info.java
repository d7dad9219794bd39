/**
 * What an executing instruction may touch: registers, linear memory, clock, ports, sink. Start reading at
 * {@link io.github.nmi64.core.Core}.
 */
@NullMarked
package io.github.nmi64.core;

import org.jspecify.annotations.NullMarked;
