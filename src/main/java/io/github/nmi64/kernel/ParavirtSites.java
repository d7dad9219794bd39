package io.github.nmi64.kernel;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Calls through {@code pv_ops}, up to 6.7: booting makes direct calls of them, or NOPs where the function does nothing. Later
 * kernels have alternatives for them.
 */
final class ParavirtSites {
    private static final int ENTRY = 16;
    private static final int CALL = 0xe8;

    private final KernelImage kernel;
    private final PatchedText text;
    private final Padding padding;

    ParavirtSites(KernelImage kernel, PatchedText text, Padding padding) {
        this.kernel = kernel;
        this.text = text;
        this.padding = padding;
    }

    void patch() {
        Optional<KernelElf.Section> table = kernel.elf().section(".parainstructions");
        Optional<KernelSymbol> operations = kernel.find("pv_ops");
        if (table.isEmpty() || operations.isEmpty()) {
            return;
        }
        ByteBuffer entries = kernel.elf().content(table.get());
        for (int at = 0; at + ENTRY <= entries.capacity(); at += ENTRY) {
            long site = entries.getLong(at);
            int operation = Byte.toUnsignedInt(entries.get(at + 8));
            int length = Byte.toUnsignedInt(entries.get(at + 9));
            long pointer = operations.get().address() + 8L * operation;
            if (text.isThere(site, length) && text.isThere(pointer, Long.BYTES)) {
                patch(site, length, text.buffer(pointer, Long.BYTES).getLong());
            }
        }
    }

    private void patch(long site, int length, long function) {
        byte[] code = new byte[length];
        boolean doesNothing = kernel.find("_paravirt_nop")
                .filter(nop -> nop.address() == function)
                .isPresent();
        if (doesNothing) {
            padding.fill(code, 0, length);
        } else if (function != 0 && length >= 5) {
            System.arraycopy(Code.branch(CALL, site, function), 0, code, 0, 5);
            padding.fill(code, 5, length);
        } else {
            return;
        }
        text.write(site, code, "paravirtual operation of bare hardware");
    }
}
