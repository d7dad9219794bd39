package io.github.nmi64.kernel;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.OpcodeMap;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.op.InstructionSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a kernel fills a gap in its code: with the longest NOPs of its own table {@code x86_nops}. Kernels since 6.3, whose table
 * knows longer ones, jump over a gap longer than any of them, and lengthen every run of NOPs; older ones only runs of 0x90.
 */
final class Padding {
    private static final OpcodeMap OPCODES = InstructionSet.map(Vendor.INTEL);
    private static final byte NOP = (byte) 0x90;
    private static final byte INT3 = (byte) 0xcc;
    private static final byte JMP8 = (byte) 0xeb;
    private static final byte JMP32 = (byte) 0xe9;
    private static final int LONGEST = 15;

    /** By their length; the first is empty. */
    private final List<byte[]> forms;

    private final boolean isModern;

    /**
     * @param forms by their length, from length 1 on
     * @param isModern as since 6.3
     */
    Padding(List<byte[]> forms, boolean isModern) {
        this.forms = new ArrayList<>(List.of(new byte[0]));
        this.forms.addAll(forms);
        this.isModern = isModern;
    }

    /** By the kernel's own table. */
    static Padding of(KernelImage kernel, boolean isModern) {
        List<byte[]> forms = new ArrayList<>();
        PatchedText text = new PatchedText(kernel.elf());
        long table = kernel.find("x86_nops").map(KernelSymbol::address).orElse(0L);
        for (int length = 1; length <= LONGEST && text.isThere(table + 8L * length, Long.BYTES); length++) {
            long form = text.buffer(table + 8L * length, Long.BYTES).getLong();
            @Nullable Instruction nop = text.isThere(form, length) ? decode(text.read(form, length), 0) : null;
            if (nop == null || nop.length != length || !isNop(nop)) {
                break;
            }
            forms.add(nop.bytes());
        }
        if (forms.isEmpty()) {
            throw kernel.elf().refused("has no table 'x86_nops'; how it fills gaps in its code is not known");
        }
        return new Padding(forms, isModern);
    }

    /** The instruction there; none if the bytes are none. */
    static @Nullable Instruction decode(byte[] code, int at) {
        try {
            return Decoder.decode(OPCODES, code, at, code.length, CodeMode.LONG64);
        } catch (Fault | Decoder.Truncated notAnInstruction) {
            return null;
        }
    }

    private static boolean isNop(Instruction instruction) {
        return instruction.opcode.mnemonic().equals("nop");
    }

    /** Fills a gap. */
    void fill(byte[] code, int from, int to) {
        int longest = forms.size() - 1;
        int gap = to - from;
        if (gap > longest && isModern) {
            jumpOver(code, from, to);
            return;
        }
        for (int at = from; at < to; ) {
            int length = Math.min(longest, to - at);
            System.arraycopy(forms.get(length), 0, code, at, length);
            at += length;
        }
    }

    private static void jumpOver(byte[] code, int from, int to) {
        Arrays.fill(code, from, to, INT3);
        if (to - from < 128) {
            code[from] = JMP8;
            code[from + 1] = (byte) (to - from - 2);
        } else {
            code[from] = JMP32;
            Code.putInt(code, from + 1, to - from - 5);
        }
    }

    /** Makes NOPs that follow each other into longer ones, up to the first byte that is no instruction. */
    void lengthen(byte[] code) {
        for (int at = 0; at < code.length; ) {
            @Nullable Instruction instruction = decode(code, at);
            if (instruction == null) {
                return;
            }
            int next = at + instruction.length;
            if (isModern && isNop(instruction)) {
                if (next == code.length) {
                    return;
                }
                next = afterNops(code, next);
                fill(code, at, next);
            } else if (!isModern && instruction.length == 1 && code[at] == NOP) {
                while (next < code.length && code[next] == NOP) {
                    next++;
                }
                fill(code, at, next);
            }
            at = next;
        }
    }

    private static int afterNops(byte[] code, int from) {
        int at = from;
        while (at < code.length) {
            @Nullable Instruction instruction = decode(code, at);
            if (instruction == null || !isNop(instruction)) {
                return at;
            }
            at += instruction.length;
        }
        return at;
    }
}
