package io.github.nmi64.kernel;

/**
 * A name of a kernel's own symbol table.
 *
 * @param name not empty
 * @param type the letter nm would print: {@code T} or {@code t} for code, {@code D}, {@code B}, {@code R}, {@code A} and so on; a
 *     capital is global
 * @param address linear; for a per-CPU variable its offset in the per-CPU area
 */
public record KernelSymbol(String name, char type, long address) {
    /** True for code. */
    public boolean isCode() {
        return "tTwW".indexOf(type) >= 0;
    }

    /** True for an offset in the per-CPU area, or another number that is no place in the kernel. */
    public boolean isAbsolute() {
        return address >= 0;
    }
}
