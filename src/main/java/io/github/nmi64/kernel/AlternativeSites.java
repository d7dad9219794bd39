package io.github.nmi64.kernel;

import io.github.nmi64.isa.Instruction;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Alternatives: code that a processor's feature replaces by other code, which was linked elsewhere and must be moved. In the order
 * of the table; where several are about one place, the last that applies remains.
 */
final class AlternativeSites {
    private static final int CALL = 0xe8;
    private static final int JMP32 = 0xe9;
    private static final byte JMP8 = (byte) 0xeb;
    private static final byte INT3 = (byte) 0xcc;
    private static final byte NOP = (byte) 0x90;

    private final KernelImage kernel;
    private final CpuModel model;
    private final PatchedText text;
    private final Padding padding;
    private final boolean isModern;

    AlternativeSites(KernelImage kernel, CpuModel model, PatchedText text, Padding padding) {
        this.kernel = kernel;
        this.model = model;
        this.text = text;
        this.padding = padding;
        this.isModern = kernel.hasAlternativeFlags();
    }

    void patch() {
        List<Alternative> all = kernel.alternatives();
        for (int i = 0; i < all.size(); i++) {
            Alternative alternative = all.get(i);
            int length = isModern ? longest(all, i) : alternative.length();
            byte[] old = text.read(alternative.address(), length);
            if (model.has(alternative.feature()) == alternative.isInverted()) {
                padding.lengthen(old);
                text.write(alternative.address(), old, "longer NOPs");
            } else {
                text.write(alternative.address(), replacement(alternative, old), why(alternative));
            }
        }
    }

    /** Nested alternatives follow each other in the table; each covers the padding of all of them. */
    private static int longest(List<Alternative> all, int index) {
        long address = all.get(index).address();
        int from = index;
        while (from > 0 && all.get(from - 1).address() == address) {
            from--;
        }
        int length = 0;
        for (int i = from; i < all.size() && all.get(i).address() == address; i++) {
            length = Math.max(length, all.get(i).length());
        }
        return length;
    }

    private String why(Alternative alternative) {
        return (alternative.isInverted() ? "without " : "with ")
                + kernel.features().text(alternative.feature());
    }

    private byte[] replacement(Alternative alternative, byte[] old) {
        byte[] code = new byte[old.length];
        Arrays.fill(code, NOP);
        if (alternative.isCall()) {
            long target = calledBy(alternative, old);
            if (target != 0) {
                System.arraycopy(Code.branch(CALL, alternative.address(), target), 0, code, 0, 5);
            }
        } else {
            byte[] linked = text.read(alternative.replacement(), alternative.size());
            System.arraycopy(linked, 0, code, 0, linked.length);
            if (isModern) {
                move(code, alternative);
            } else {
                moveFirst(code, alternative);
            }
        }
        padding.lengthen(code);
        return code;
    }

    /** Where CALL *pointer(%rip) goes; 0 for the function that does nothing. */
    private long calledBy(Alternative alternative, byte[] old) {
        if (old.length < 6 || old[0] != (byte) 0xff || old[1] != 0x15) {
            throw kernel.elf().refused("0x%x is no indirect call".formatted(alternative.address()));
        }
        long pointer = alternative.address() + 6 + Code.getInt(old, 2);
        long target = text.buffer(pointer, Long.BYTES).getLong();
        return kernel.find("nop_func").filter(nop -> nop.address() == target).isPresent()
                ? 0
                : target != 0
                        ? target
                        : kernel.find("BUG_func").map(KernelSymbol::address).orElse(0L);
    }

    /** Moves every branch and every RIP-relative operand that leaves the replacement. */
    private static void move(byte[] code, Alternative alternative) {
        int distance = (int) (alternative.replacement() - alternative.address());
        for (int at = 0; at < code.length; ) {
            @Nullable Instruction instruction = Padding.decode(code, at);
            if (instruction == null) {
                return;
            }
            int next = at + instruction.length;
            int opcode = code[at] & 0xff;
            boolean isLongJcc = opcode == 0x0f && (code[at + 1] & 0xf0) == 0x80;
            if (opcode == CALL || opcode == JMP32 || isLongJcc) {
                int displacement = Code.getInt(code, next - 4);
                if (leaves(next + displacement, alternative)) {
                    displacement += distance;
                    Code.putInt(code, next - 4, displacement);
                }
                int shorter = displacement + 3;
                if (opcode == JMP32 && shorter == (byte) shorter) {
                    Arrays.fill(code, at, next, INT3);
                    code[at] = JMP8;
                    code[at + 1] = (byte) shorter;
                }
            } else if (instruction.ripRelative && leaves(next + instruction.displacement, alternative)) {
                int field = displacementField(code, at, instruction);
                Code.putInt(code, field, Code.getInt(code, field) + distance);
            }
            at = next;
        }
    }

    private static boolean leaves(long target, Alternative alternative) {
        return target < 0 || target > alternative.size();
    }

    /** The displacement lies before an immediate of 0, 1, 2 or 4 bytes. */
    private static int displacementField(byte[] code, int at, Instruction instruction) {
        int end = at + instruction.length;
        for (int after : List.of(0, 1, 2, 4)) {
            int field = end - after - 4;
            // ModRM before it: mod 0, r/m 5
            if (field > at && Code.getInt(code, field) == instruction.displacement && (code[field - 1] & 0xc7) == 5) {
                return field;
            }
        }
        throw new AssertionError("a RIP-relative operand has a displacement");
    }

    /** As up to 6.2: only the first instruction, and only if it is a CALL alone or a JMP alone. */
    private void moveFirst(byte[] code, Alternative alternative) {
        if (alternative.size() != 5) {
            return;
        }
        long target = alternative.replacement() + 5 + Code.getInt(code, 1);
        int opcode = code[0] & 0xff;
        if (opcode == CALL) {
            Code.putInt(code, 1, (int) (target - alternative.address() - 5));
        } else if (opcode == JMP32) {
            int shorter = (int) (target - alternative.address() - 2);
            // backwards a short jump is never taken for enough
            if (shorter >= -2 && shorter <= 127) {
                code[0] = JMP8;
                code[1] = (byte) shorter;
                padding.fill(code, 2, 5);
            } else {
                Code.putInt(code, 1, shorter - 3);
            }
        }
    }
}
