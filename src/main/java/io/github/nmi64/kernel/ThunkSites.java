package io.github.nmi64.kernel;

import io.github.nmi64.isa.Instruction;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Branches that are linked to go through a thunk: indirect ones through a retpoline, returns through a return thunk. Which
 * processor needs which thunk, or none, booting decides.
 */
final class ThunkSites {
    private static final int CALL = 0xe8;
    private static final int JMP32 = 0xe9;
    private static final byte RET = (byte) 0xc3;
    private static final byte INT3 = (byte) 0xcc;
    private static final byte CS = 0x2e;
    private static final byte NOP = (byte) 0x90;
    private static final byte[] LFENCE = {0x0f, (byte) 0xae, (byte) 0xe8};
    /** Bytes of a thunk in the arrays of them, one for each register. */
    private static final int THUNK = 32;
    /** Bytes of one that lies in the upper half of its cache line. */
    private static final int ALIGNED_THUNK = 64;
    /** A branch that ends in the upper half of a cache line is not affected by indirect target selection. */
    private static final int UPPER_HALF = 0x20;

    private static final String ALIGNED_RETURN = "its_return_thunk";
    static final String ALIGNED_BRANCH = "indirect branch through an aligned thunk";

    private final KernelImage kernel;
    private final CpuModel model;
    private final PatchedText text;
    private final Padding padding;
    private final CpuFeatures features;

    ThunkSites(KernelImage kernel, CpuModel model, PatchedText text, Padding padding) {
        this.kernel = kernel;
        this.model = model;
        this.text = text;
        this.padding = padding;
        this.features = kernel.features();
    }

    private boolean has(String feature) {
        return features.number(feature).stream().anyMatch(model::has);
    }

    /** Addresses in a table of offsets, each from its own place. */
    static void forEach(KernelElf elf, String section, LongConsumer consumer) {
        Optional<KernelElf.Section> table = elf.section(section);
        if (table.isPresent()) {
            ByteBuffer offsets = elf.content(table.get());
            for (int at = 0; at + Integer.BYTES <= offsets.capacity(); at += Integer.BYTES) {
                consumer.accept(table.get().address() + at + offsets.getInt(at));
            }
        }
    }

    // ---- indirect branches

    void patchRetpolines() {
        Optional<KernelSymbol> thunks = kernel.find("__x86_indirect_thunk_array");
        boolean remain = has("retpoline") && !has("retpoline_lfence");
        if (thunks.isPresent() && !remain) {
            forEach(kernel.elf(), ".retpoline_sites", site -> {
                @Nullable Instruction branch = decode(site);
                if (branch != null) {
                    patchRetpoline(site, branch, thunks.get().address());
                }
            });
        }
    }

    private @Nullable Instruction decode(long site) {
        for (int size = 6; size >= 5; size--) {
            if (text.isThere(site, size)) {
                return Padding.decode(text.read(site, size), 0);
            }
        }
        return null;
    }

    private void patchRetpoline(long site, Instruction branch, long thunks) {
        long register = (site + branch.length + branch.immediate - thunks) / THUNK;
        if (register < 0 || register > 15 || register == 4) {
            return;
        }
        byte[] code = new byte[branch.length];
        Arrays.fill(code, NOP);
        byte[] old = branch.bytes();
        int at = 0;
        int first = old[0] == CS ? 1 : 0; // compilers pad the call to the length of its replacement
        int opcode = old[first] & 0xff;
        if (opcode == 0x0f) {
            code[at++] = (byte) (0x70 | (old[first + 1] & 0xf ^ 1));
            code[at++] = (byte) (branch.length - 2);
            opcode = JMP32;
        }
        if (has("retpoline_lfence")) {
            if (at + LFENCE.length + (register >= 8 ? 3 : 2) > code.length) {
                return; // the kernel leaves what does not fit
            }
            System.arraycopy(LFENCE, 0, code, at, LFENCE.length);
            at += LFENCE.length;
        }
        if (needsAlignedThunk(site + at, register)) {
            alignedThunk(site, old, register);
            return;
        }
        if (register >= 8) {
            code[at++] = 0x41;
        }
        code[at++] = (byte) 0xff;
        code[at++] = (byte) ((opcode == CALL ? 0xd0 : 0xe0) | register & 7);
        if (opcode == JMP32 && at < code.length) {
            code[at] = INT3;
        }
        padding.lengthen(code);
        text.write(site, code, "indirect branch without retpoline");
    }

    /** By the address of the last byte of the branch. */
    private boolean needsAlignedThunk(long site, long register) {
        long last = site + (register >= 8 ? 2 : 1);
        return returnThunk().equals(ALIGNED_RETURN) && (last & UPPER_HALF) == 0;
    }

    private void alignedThunk(long site, byte[] old, long register) {
        long thunk = kernel.find("__x86_indirect_its_thunk_array")
                        .map(KernelSymbol::address)
                        .orElseThrow(() -> kernel.elf().refused("has no thunks for indirect target selection"))
                + register * ALIGNED_THUNK;
        byte[] code = old.clone();
        Code.putInt(code, code.length - 4, (int) (thunk - (site + code.length)));
        text.write(site, code, ALIGNED_BRANCH);
    }

    // ---- returns

    void patchReturns() {
        Optional<KernelSymbol> linked = kernel.find("__x86_return_thunk");
        if (linked.isEmpty()) {
            return;
        }
        String name = returnThunk();
        long thunk = kernel.find(name).map(KernelSymbol::address).orElse(0L);
        if (!name.isEmpty() && thunk == 0) {
            throw new IllegalArgumentException(
                    "processor '%s': the kernel has no return thunk '%s'".formatted(model, name));
        }
        forEach(kernel.elf(), ".return_sites", site -> {
            if (!text.isThere(site, 5)) {
                return;
            }
            byte[] old = text.read(site, 5);
            if ((old[0] & 0xff) != JMP32
                    || site + 5 + Code.getInt(old, 1) != linked.get().address()) {
                return;
            }
            boolean isAligned = name.equals(ALIGNED_RETURN) && (site & UPPER_HALF) != 0;
            if (name.isEmpty() || isAligned) {
                byte[] code = {RET, INT3, INT3, INT3, INT3};
                text.write(site, code, name.isEmpty() ? "without rethunk" : "return in the upper half of a cache line");
            } else {
                text.write(site, Code.branch(JMP32, site, thunk), "with rethunk");
            }
        });
    }

    /** What the kernel calls the thunk it chooses; empty if returns are RETs. */
    private String returnThunk() {
        if (!has("rethunk")) {
            return "";
        }
        if (has("call_depth")) {
            throw new IllegalArgumentException("processor '%s': call depth tracking is not supported".formatted(model));
        }
        if (has("srso_alias")) {
            return "srso_alias_return_thunk";
        }
        if (has("srso")) {
            return "srso_return_thunk";
        }
        if (has("unret")) {
            return "retbleed_return_thunk";
        }
        return has("its") ? ALIGNED_RETURN : "__x86_return_thunk";
    }
}
