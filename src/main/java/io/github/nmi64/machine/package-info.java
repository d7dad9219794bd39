/**
 * A processor with memory, devices, an image and arrivals: what {@code run}, a test or a debugger drives. Imports
 * everything below {@code explore}. Start reading at {@link io.github.nmi64.machine.Machine}.
 */
@NullMarked
package io.github.nmi64.machine;

import org.jspecify.annotations.NullMarked;
