/**
 * Bit widths and hexadecimal text; knows nothing of x86 and imports nothing of this project. See
 * {@code docs/reading-guide.md}.
 */
@NullMarked
package io.github.nmi64.bits;

import org.jspecify.annotations.NullMarked;
