/**
 * Numbers in text, hexadecimal and the mixing of hashes; knows nothing of x86. Start reading at
 * {@link io.github.nmi64.bits.Numeral}.
 */
@NullMarked
package io.github.nmi64.bits;

import org.jspecify.annotations.NullMarked;
