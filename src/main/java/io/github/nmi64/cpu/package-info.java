/**
 * The loop: boundary, fetch, execute, retire. Imports everything up to {@code op}. Start reading at
 * {@link io.github.nmi64.cpu.Cpu}.
 */
@NullMarked
package io.github.nmi64.cpu;

import org.jspecify.annotations.NullMarked;
