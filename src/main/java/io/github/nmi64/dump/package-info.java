/**
 * Dumps of running machines: an ELF core with physical memory and the registers of its processor. Start reading at
 * {@link io.github.nmi64.dump.CoreFile}.
 */
@NullMarked
package io.github.nmi64.dump;

import org.jspecify.annotations.NullMarked;
