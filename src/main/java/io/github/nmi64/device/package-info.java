/**
 * What answers on the I/O ports: exit port, debug console, serial port. Start reading at
 * {@link io.github.nmi64.device.PortMap}.
 */
@NullMarked
package io.github.nmi64.device;

import org.jspecify.annotations.NullMarked;
