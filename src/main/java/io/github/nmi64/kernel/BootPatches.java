package io.github.nmi64.kernel;

import java.util.List;

/**
 * What booting on a given processor makes of a kernel's code: the patches, in the order in which the kernel applies them. What
 * depends on more than the processor is left as linked: the branches of static keys, static calls, the tracer's calls.
 */
public final class BootPatches {
    /** NOPW (%rax), which no ENDBR64 is. */
    private static final byte[] SEAL = {0x66, 0x0f, 0x1f, 0};

    private static final byte LOCK = (byte) 0xf0;
    private static final byte[] NO_LOCK = {0x3e};

    /** No user address is above it; with four levels of page tables, and with five. */
    private static final long USER_END = (1L << 47) - 4096;

    private static final long USER_END_LA57 = (1L << 56) - 4096;

    private BootPatches() {}

    /**
     * All patches; those of one place follow each other, and the last stands.
     *
     * @throws IllegalArgumentException if the model has a mitigation that is not supported
     * @throws KernelFormatException if a place to be patched is not what it should be
     */
    public static List<Patch> of(KernelImage kernel, CpuModel model) {
        PatchedText text = new PatchedText(kernel.elf());
        if (model.isBooted()) {
            apply(kernel, model, text);
        }
        return text.patches();
    }

    private static void apply(KernelImage kernel, CpuModel model, PatchedText text) {
        Padding padding = Padding.of(kernel, kernel.hasAlternativeFlags());
        new ParavirtSites(kernel, text, padding).patch();
        ThunkSites thunks = new ThunkSites(kernel, model, text, padding);
        thunks.patchRetpolines();
        thunks.patchReturns();
        new AlternativeSites(kernel, model, text, padding).patch();
        ThunkSites.forEach(kernel.elf(), ".ibt_endbr_seal", site -> {
            if (text.isThere(site, SEAL.length)) {
                text.write(site, SEAL, "function whose address nobody takes");
            }
        });
        boolean hasFiveLevels = model.has("la57", kernel);
        ThunkSites.forEach(kernel.elf(), "runtime_ptr_USER_PTR_MAX", site -> {
            if (text.isThere(site, Long.BYTES)) {
                text.write(site, Code.quadword(hasFiveLevels ? USER_END_LA57 : USER_END), "end of user addresses");
            }
        });
        if (model.has("up", kernel)) {
            ThunkSites.forEach(kernel.elf(), ".smp_locks", site -> {
                if (text.isThere(site, 1) && text.read(site, 1)[0] == LOCK) {
                    text.write(site, NO_LOCK, "with up");
                }
            });
        }
    }
}
