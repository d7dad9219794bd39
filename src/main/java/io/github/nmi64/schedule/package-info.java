/**
 * The injection language: which event arrives, and when ({@code nmi@at=do_nmi+0x10,hit=2}). Symbols and mnemonics stay
 * names here; whoever owns an image resolves them. Start reading at {@link io.github.nmi64.schedule.When}.
 */
@NullMarked
package io.github.nmi64.schedule;

import org.jspecify.annotations.NullMarked;
