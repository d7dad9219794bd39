package io.github.nmi64.cpu;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.memory.Page;
import org.jspecify.annotations.Nullable;

/** The instructions decoded from one page in one mode, by offset. Valid while memory still holds that very page. */
final class CodeLine {
    final @Nullable Page page;
    final CodeMode mode;
    final @Nullable CodeSlot[] slots = new CodeSlot[Page.SIZE];

    CodeLine(@Nullable Page page, CodeMode mode) {
        this.page = page;
        this.mode = mode;
    }
}
