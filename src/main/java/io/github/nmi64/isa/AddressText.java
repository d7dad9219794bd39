package io.github.nmi64.isa;

import io.github.nmi64.bits.Hex;

/** AT&T text of memory operands: {@code %fs:0x10(%rsp,%rax,8)}. */
final class AddressText {
    private static final int STACK_POINTER = 4;

    private final Instruction instruction;
    private final Layout layout;

    AddressText(Instruction instruction, Layout layout) {
        this.instruction = instruction;
        this.layout = layout;
    }

    /** The operand ModRM describes, or the offset of a moffs operand. */
    String text() {
        if (!layout.hasModrm()) {
            return override() + Hex.of(instruction.displacement);
        }
        return override() + (instruction.addressBits == 16 ? address16() : address());
    }

    /** Memory at (r)SI of a string instruction: the segment is always written. */
    String stringSource() {
        return segment(instruction.segmentOverride < 0 ? Segment.DS : instruction.segmentOverride) + pointer(Gpr.RSI);
    }

    /** Memory at ES:(r)DI of a string instruction. */
    String stringDestination() {
        return segment(Segment.ES) + pointer(Gpr.RDI);
    }

    /** XLAT's table. */
    String table() {
        return segment(instruction.segmentOverride < 0 ? Segment.DS : instruction.segmentOverride) + pointer(Gpr.RBX);
    }

    private String pointer(int register) {
        return "(%" + Gpr.name(register, instruction.addressBits) + ")";
    }

    private String override() {
        return instruction.segmentOverride < 0 ? "" : segment(instruction.segmentOverride);
    }

    private static String segment(int segment) {
        return "%" + Segment.NAMES.get(segment) + ":";
    }

    private String address16() {
        if (instruction.base == Gpr.ZERO) {
            return signed();
        }
        String index = instruction.index == Gpr.ZERO ? "" : ",%" + Gpr.name(instruction.index, 16);
        return displacement() + "(%" + Gpr.name(instruction.base, 16) + index + ")";
    }

    private String address() {
        if (instruction.ripRelative) {
            return signed() + (instruction.addressBits == 64 ? "(%rip)" : "(%eip)");
        }
        String index = index();
        if (instruction.base == Gpr.ZERO && index.isEmpty()) {
            return Hex.of(absolute());
        }
        String base = instruction.base == Gpr.ZERO ? "" : "%" + Gpr.name(instruction.base, instruction.addressBits);
        return displacement() + "(" + base + index + ")";
    }

    private long absolute() {
        return instruction.mode.is64() ? instruction.displacement : instruction.displacement & 0xffff_ffffL;
    }

    /**
     * The index register with its scale. An index field that names nothing is written as riz or eiz where leaving it out
     * would assemble to different bytes.
     */
    private String index() {
        if (!layout.hasSib()) {
            return "";
        }
        boolean named = instruction.index != Gpr.ZERO;
        boolean unusual = instruction.scale != 0 || layout.sibBase() != STACK_POINTER && hasBase() || bareSib();
        if (!named && !unusual) {
            return "";
        }
        String none = instruction.addressBits == 64 ? "riz" : "eiz";
        return ",%" + (named ? Gpr.name(instruction.index, instruction.addressBits) : none) + ","
                + (1 << instruction.scale);
    }

    private boolean hasBase() {
        return instruction.base != Gpr.ZERO;
    }

    /** A SIB byte without base in 32-bit addressing: ModRM alone would mean another address. */
    private boolean bareSib() {
        return !hasBase() && instruction.addressBits == 32;
    }

    /** Written also if it is zero but encoded. */
    private String displacement() {
        boolean encoded = layout.mod() != 0 || !hasBase();
        return encoded ? signed() : "";
    }

    private String signed() {
        long value = instruction.displacement;
        return value < 0 ? "-" + Hex.of(-value) : Hex.of(value);
    }
}
