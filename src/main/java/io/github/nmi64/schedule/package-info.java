/**
 * The injection language: which event arrives, and when ({@code nmi@at=do_nmi+0x10,hit=2}). Imports only {@code bits};
 * symbols and mnemonics stay names here and are resolved by whoever owns an image. See {@code docs/reading-guide.md}.
 */
@NullMarked
package io.github.nmi64.schedule;

import org.jspecify.annotations.NullMarked;
