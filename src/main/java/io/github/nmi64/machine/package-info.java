/**
 * A processor with memory, devices, an image and arrivals: what a command, a test or a debugger drives. Start reading at
 * {@link io.github.nmi64.machine.Machine}.
 */
@NullMarked
package io.github.nmi64.machine;

import org.jspecify.annotations.NullMarked;
