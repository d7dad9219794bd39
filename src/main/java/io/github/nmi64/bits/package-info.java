/**
 * Numbers in text, hexadecimal, the mixing of hashes, and the log; knows nothing of x86. Start reading at
 * {@link io.github.nmi64.bits.Numeral}.
 */
@NullMarked
package io.github.nmi64.bits;

import org.jspecify.annotations.NullMarked;
