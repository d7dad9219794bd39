package io.github.nmi64.isa;

import org.jspecify.annotations.Nullable;

/** Names addresses for the disassembly. */
@FunctionalInterface
public interface SymbolLookup {
    /** Knows no names. */
    SymbolLookup NONE = address -> null;

    /** The symbol at or below {@code address}, as in {@code do_nmi+0x10}, or null if there is none. */
    @Nullable
    String name(long address);

    /** The per-CPU variable at an offset from GS base, or null if there is none. */
    default @Nullable String perCpuVariable(long offset) {
        return null;
    }
}
