/**
 * Kernel images made to run: what booting would have set up as far as entry code can tell, a program to interrupt and an NMI
 * handler, put together to a fixture. Begin with {@link io.github.nmi64.bringup.KernelFixture}.
 */
@NullMarked
package io.github.nmi64.bringup;

import org.jspecify.annotations.NullMarked;
