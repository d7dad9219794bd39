/**
 * The board: a processor with memory and devices, loaded with an image. It knows no fixture and no schedule: a run, a test or a
 * debugger drives it. Start reading at {@link io.github.nmi64.machine.Machine}.
 */
@NullMarked
package io.github.nmi64.machine;

import org.jspecify.annotations.NullMarked;
