/**
 * The loop: boundary, fetch, execute, retire. Start reading at {@link io.github.nmi64.cpu.Cpu}.
 */
@NullMarked
package io.github.nmi64.cpu;

import org.jspecify.annotations.NullMarked;
