/**
 * What an instruction is: names, encodings and decoding, as pure data without state or execution. Start reading at
 * {@link io.github.nmi64.isa.Encoding}.
 */
@NullMarked
package io.github.nmi64.isa;

import org.jspecify.annotations.NullMarked;
