/**
 * Other machines run the bundled fixtures in step with nmi64: QEMU (TCG) through its debugger stub and Bochs through its
 * debugger. Begin with {@code Peer} and {@code Lockstep}.
 */
@NullMarked
package io.github.nmi64.oracle.peer;

import org.jspecify.annotations.NullMarked;
