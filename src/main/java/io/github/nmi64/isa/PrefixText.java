package io.github.nmi64.isa;

/**
 * The prefixes a disassembly has to write out: those whose presence the rest of the text does not show. In
 * {@code 66 01 c0}, {@code add %ax,%ax}, the registers show the 66; in {@code 66 00 c0} nothing does, so its text is
 * {@code data16 add %al,%al}.
 */
final class PrefixText {
    private final Instruction instruction;
    private final Layout layout;
    private final CodeMode mode;

    PrefixText(Instruction instruction, Layout layout) {
        this.instruction = instruction;
        this.layout = layout;
        this.mode = instruction.mode;
    }

    /** All names in order of their bytes, each followed by a blank. */
    String text() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < layout.prefixCount(); i++) {
            int value = layout.prefix(i);
            if (!isLastOfItsKind(i) || !isShownElsewhere(value)) {
                text.append(name(value)).append(' ');
            }
        }
        return text.toString();
    }

    private boolean isLastOfItsKind(int index) {
        for (int i = index + 1; i < layout.prefixCount(); i++) {
            if (kind(layout.prefix(i)) == kind(layout.prefix(index))) {
                return false;
            }
        }
        return true;
    }

    /** Segment overrides share a kind, and so do REX prefixes. */
    private int kind(int value) {
        return switch (value) {
            case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 -> 0x26;
            default -> Layout.isRex(value, mode) ? 0x40 : value;
        };
    }

    private boolean isShownElsewhere(int value) {
        return switch (value) {
            case 0xf0 -> false;
            case 0xf2 -> Facts.demands(instruction.encoding.mask(), 0xf2);
            case 0xf3 -> Facts.demands(instruction.encoding.mask(), 0xf3);
            case 0x66 -> showsOperandSize();
            case 0x67 -> showsAddressSize();
            case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 -> showsSegment();
            default -> showsRex();
        };
    }

    private boolean showsOperandSize() {
        if (Facts.demands(instruction.encoding.mask(), 0x66)) {
            return true;
        }
        boolean overruled = mode.is64() && instruction.has(Instruction.WIDE);
        return !overruled && instruction.encoding.usesOperandSizePrefix(mode, instruction.operandBits);
    }

    private boolean showsAddressSize() {
        return instruction.encoding.addressSizeNamed()
                || usesImplicitAddress()
                || layout.hasModrm() && layout.mod() != 3 && !isMoveOfControlRegister();
    }

    /** ModRM.mod is ignored there: it does not make an address. */
    private boolean isMoveOfControlRegister() {
        return isControl(instruction.operand0) || isControl(instruction.operand1);
    }

    private static boolean isControl(int operand) {
        return Operand.kind(operand) == Operand.CONTROL || Operand.kind(operand) == Operand.DEBUG;
    }

    private boolean usesImplicitAddress() {
        AttName attName = instruction.encoding.attName();
        return isString(instruction.operand0)
                || isString(instruction.operand1)
                || attName != null && (attName.table() || attName.tellsAddressSize());
    }

    private static boolean isString(int operand) {
        return Operand.kind(operand) == Operand.STRING_SOURCE || Operand.kind(operand) == Operand.STRING_DESTINATION;
    }

    private boolean showsSegment() {
        AttName attName = instruction.encoding.attName();
        return instruction.segmentOverride >= 0 && instruction.hasMemoryOperand()
                || Operand.kind(instruction.operand0) == Operand.STRING_SOURCE
                || Operand.kind(instruction.operand1) == Operand.STRING_SOURCE
                || attName != null && attName.table();
    }

    /** A REX prefix is shown by the operands if each of its bits is, and a bare one by SPL, BPL, SIL or DIL. */
    private boolean showsRex() {
        int rex = layout.rex(mode);
        if ((rex & 0xf) == 0) {
            return namesLowByte(instruction.operand0) || namesLowByte(instruction.operand1);
        }
        return (rex & ~rexBitsInUse() & 0xf) == 0;
    }

    private static boolean namesLowByte(int operand) {
        int register = Operand.register(operand);
        return Operand.kind(operand) == Operand.GPR && Operand.bits(operand) == 8 && register >= 4 && register < 8;
    }

    private int rexBitsInUse() {
        int bits = instruction.encoding.usesWide() ? 8 : 0;
        for (OperandPattern pattern : instruction.encoding.operands()) {
            bits |= switch (pattern.addressing()) {
                case 'G', 'C', 'D' -> 4;
                case 'E', 'M', 'R' -> 1;
                case 'Z' -> 1;
                default -> 0;
            };
        }
        return layout.hasModrm() && layout.hasSib() ? bits | 2 : bits;
    }

    private String name(int value) {
        return switch (value) {
            case 0xf0 -> "lock";
            case 0xf2 -> "repnz";
            case 0xf3 -> repeatName();
            case 0x66 -> mode.operandBits() == 32 ? "data16" : "data32";
            case 0x67 -> mode.addressBits() == 32 ? "addr16" : "addr32";
            case 0x26 -> "es";
            case 0x2e -> "cs";
            case 0x36 -> "ss";
            case 0x3e -> "ds";
            case 0x64 -> "fs";
            case 0x65 -> "gs";
            default -> rexName(value);
        };
    }

    /** REP and REPE share a byte; only string instructions that compare look at ZF (SDM vol. 2, REP). */
    private String repeatName() {
        String mnemonic = instruction.opcode.mnemonic();
        boolean compares = mnemonic.startsWith("cmps") || mnemonic.startsWith("scas");
        return instruction.opcode.repeatable() && !compares ? "rep" : "repz";
    }

    private static String rexName(int value) {
        String bits = ((value & 8) != 0 ? "W" : "")
                + ((value & 4) != 0 ? "R" : "")
                + ((value & 2) != 0 ? "X" : "")
                + ((value & 1) != 0 ? "B" : "");
        return bits.isEmpty() ? "rex" : "rex." + bits;
    }
}
