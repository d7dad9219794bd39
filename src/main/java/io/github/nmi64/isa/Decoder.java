package io.github.nmi64.isa;

import io.github.nmi64.isa.OpcodeMap.Row;
import java.util.Arrays;

/**
 * Decodes one instruction. A decoder is used once: {@link #decode} creates it, walks the bytes from prefixes to
 * immediates (SDM vol. 2, figure 2-1) and hands the result to {@link Instruction}.
 */
public final class Decoder {
    /** Longest legal instruction in bytes (TP-242). */
    public static final int MAX_LENGTH = 15;

    /** Thrown when the instruction continues beyond the bytes given: the caller knows why they end there. */
    public static final class Truncated extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Truncated() {
            super("instruction continues beyond the available bytes", null, false, false);
        }
    }

    private static final int NO_MODRM = -1;

    private final Vendor vendor;
    private final byte[] code;
    private final int start;
    private final int limit;
    private int at;

    final CodeMode mode;
    int prefixes;
    int segmentOverride = -1;
    int operandBits;
    int addressBits;
    int base = Gpr.ZERO;
    int index = Gpr.ZERO;
    int scale;
    long displacement;
    long immediate;
    int immediate2;
    final int[] operands = new int[3];
    Row row;

    private int rex;
    private int vexRegister;
    private boolean vexLong;
    private int mandatoryPrefix;
    private int map;
    private int opcode;
    private int modrm = NO_MODRM;
    private boolean ripRelative;
    private boolean immediateUsed;
    private boolean lockNamesCr8;

    private Decoder(Vendor vendor, byte[] code, int start, int limit, CodeMode mode, Row none) {
        this.vendor = vendor;
        this.code = code;
        this.start = start;
        this.limit = limit;
        this.at = start;
        this.mode = mode;
        this.row = none;
    }

    /**
     * Decodes the instruction at {@code code[start]}, using bytes below {@code limit} only.
     *
     * @throws Fault #UD for an undefined encoding, #GP(0) for more than 15 bytes
     * @throws Truncated if the bytes below {@code limit} are a proper prefix of an instruction
     */
    public static Instruction decode(OpcodeMap opcodes, byte[] code, int start, int limit, CodeMode mode) {
        Decoder decoder = new Decoder(opcodes.vendor(), code, start, limit, mode, NO_ROW);
        decoder.readPrefixes();
        decoder.readOpcode(opcodes);
        decoder.readOperands();
        decoder.checkLock();
        return new Instruction(decoder);
    }

    private static final Row NO_ROW = new Row(new Opcode("(none)") {}, Encoding.of("00"));

    private int next() {
        if (at - start >= MAX_LENGTH) {
            throw Fault.generalProtection(0);
        }
        if (at >= limit) {
            throw new Truncated();
        }
        return code[at++] & 0xff;
    }

    private int peek() {
        int value = next();
        at--;
        return value;
    }

    private void readPrefixes() {
        for (; ; ) {
            int value = next();
            if (!readLegacyPrefix(value)) {
                if (mode.is64() && (value & 0xf0) == 0x40) {
                    rex = value; // in effect only if the opcode follows directly
                    continue;
                }
                opcode = value;
                break;
            }
            rex = 0;
        }
        prefixes |= (rex != 0 ? Instruction.REX : 0) | ((rex & 8) != 0 ? Instruction.WIDE : 0);
        if (mandatoryPrefix == 0 && (prefixes & Instruction.OPERAND_SIZE) != 0) {
            mandatoryPrefix = 0x66;
        }
    }

    private boolean readLegacyPrefix(int value) {
        switch (value) {
            case 0xf0 -> prefixes |= Instruction.LOCK;
            case 0xf2 -> repeatPrefix(0xf2, Instruction.REPNE);
            case 0xf3 -> repeatPrefix(0xf3, Instruction.REP);
            case 0x66 -> prefixes |= Instruction.OPERAND_SIZE;
            case 0x67 -> prefixes |= Instruction.ADDRESS_SIZE;
            case 0x26, 0x2e, 0x36, 0x3e -> overrideSegment(value >>> 3 & 3);
            case 0x64 -> segmentOverride = Segment.FS;
            case 0x65 -> segmentOverride = Segment.GS;
            default -> {
                return false;
            }
        }
        return true;
    }

    private void repeatPrefix(int value, int bit) {
        mandatoryPrefix = value;
        prefixes = prefixes & ~(Instruction.REP | Instruction.REPNE) | bit;
    }

    /** In 64-bit mode ES, CS, SS and DS overrides are ignored; they do not cancel an earlier FS or GS. */
    private void overrideSegment(int segment) {
        if (!mode.is64()) {
            segmentOverride = segment;
        }
    }

    private void readOpcode(OpcodeMap opcodes) {
        if (opcode == 0xc4 || opcode == 0xc5) {
            if (mode.is64() || peek() >= 0xc0) {
                readVex(opcode == 0xc4);
            }
        } else if (opcode == 0x0f) {
            map = 1;
            opcode = next();
            if (opcode == 0x38 || opcode == 0x3a) {
                map = opcode == 0x38 ? 2 : 3;
                opcode = next();
            }
        }
        Row[] rows = opcodes.rows(map, opcode);
        if (rows.length == 0) {
            throw undefined();
        }
        if (rows[0].encoding().modrm()) {
            modrm = next() | (movesControlOrDebugRegister() ? 0xc0 : 0);
        }
        row = select(rows);
        sizes(row.encoding().sizeRule());
        if (modrm != NO_MODRM && modrm < 0xc0) {
            readAddress();
        }
    }

    /** MOV to and from CRn and DRn ignores ModRM.mod: the operand is always a register (TP-199). */
    private boolean movesControlOrDebugRegister() {
        return map == 1 && (opcode & 0xfc) == 0x20;
    }

    /** SDM vol. 2, 2.3: a VEX prefix after LOCK, 66, F2, F3 or REX is undefined. */
    private void readVex(boolean threeBytes) {
        if (rex != 0 || (prefixes & (Instruction.LOCK | Instruction.OPERAND_SIZE)) != 0 || mandatoryPrefix != 0) {
            throw Fault.undefinedOpcode();
        }
        int first = next();
        int last = threeBytes ? next() : first;
        int selector = threeBytes ? first & 0x1f : 1;
        if (selector < 1 || selector > 3) {
            throw Fault.undefinedOpcode();
        }
        map = Encoding.VEX_MAPS + selector;
        prefixes |= Instruction.VEX;
        if (mode.is64()) {
            rex = 0x40 | (threeBytes ? ~first >>> 5 & 7 : ~first >>> 5 & 4);
        }
        if (threeBytes && (last & 0x80) != 0) {
            // Outside 64-bit mode VEX.W is ignored for the general-purpose register instructions.
            prefixes |= mode.is64() ? Instruction.WIDE : 0;
            rex |= mode.is64() ? 8 : 0;
        }
        vexRegister = ~last >>> 3 & (mode.is64() ? 15 : 7);
        vexLong = (last & 4) != 0;
        mandatoryPrefix = new int[] {0, 0x66, 0xf3, 0xf2}[last & 3];
        opcode = next();
    }

    private Row select(Row[] rows) {
        sizes(Encoding.NORMAL);
        long facts = Facts.observed(mandatoryPrefix, modrm, rex, operandBits, addressBits, mode, vexLong);
        for (Row candidate : rows) {
            if ((facts & ~candidate.encoding().mask()) == 0) {
                return candidate;
            }
        }
        throw undefined();
    }

    /** #UD; under a VEX or EVEX prefix it may well be a vector instruction of a processor that has them. */
    private Fault undefined() {
        boolean evex = map == 0 && opcode == 0x62;
        boolean vector = map >= Encoding.VEX_MAPS || evex;
        Fault fault = Fault.undefinedOpcode();
        return vector ? fault.lacking(evex ? "AVX-512" : "AVX or another extension under a VEX prefix") : fault;
    }

    private void sizes(int rule) {
        boolean sizePrefix = (prefixes & Instruction.OPERAND_SIZE) != 0;
        boolean wide = (prefixes & Instruction.WIDE) != 0;
        boolean fixed = rule == Encoding.NEAR64 && vendor == Vendor.INTEL;
        if (mode.is64() && (wide || fixed || rule != Encoding.NORMAL && !sizePrefix)) {
            operandBits = 64;
        } else {
            operandBits = sizePrefix ? 48 - mode.operandBits() : mode.operandBits();
            if (mode.is64() && sizePrefix) {
                operandBits = 16;
            }
        }
        boolean addressPrefix = (prefixes & Instruction.ADDRESS_SIZE) != 0;
        addressBits = !addressPrefix ? mode.addressBits() : mode == CodeMode.COMPAT32 ? 16 : 32;
    }

    private void readAddress() {
        int mod = modrm >>> 6;
        if (addressBits == 16) {
            readAddress16(mod);
            return;
        }
        int rm = modrm & 7;
        if (rm == 4) {
            int sib = next();
            scale = sib >>> 6;
            index = sib >>> 3 & 7 | rexBit(2);
            index = index == Gpr.RSP ? Gpr.ZERO : index;
            rm = sib & 7;
        } else if (rm == 5 && mod == 0) {
            ripRelative = mode.is64();
            displacement = signed(4);
            return;
        }
        if (rm == 5 && mod == 0) {
            displacement = signed(4);
            return;
        }
        base = rm | rexBit(1);
        displacement = mod == 0 ? 0 : signed(mod == 1 ? 1 : 4);
    }

    private static final int[] BASE16 = {Gpr.RBX, Gpr.RBX, Gpr.RBP, Gpr.RBP, Gpr.RSI, Gpr.RDI, Gpr.RBP, Gpr.RBX};
    private static final int[] INDEX16 = {Gpr.RSI, Gpr.RDI, Gpr.RSI, Gpr.RDI, Gpr.ZERO, Gpr.ZERO, Gpr.ZERO, Gpr.ZERO};

    /** SDM vol. 2, table 2-1. */
    private void readAddress16(int mod) {
        int rm = modrm & 7;
        if (mod == 0 && rm == 6) {
            displacement = signed(2);
            return;
        }
        base = BASE16[rm];
        index = INDEX16[rm];
        displacement = mod == 0 ? 0 : signed(mod);
    }

    /** The fourth register-number bit that REX.B (1), REX.X (2) or REX.R (4) supplies: 8 or 0. */
    private int rexBit(int bit) {
        return (rex & bit) != 0 ? 8 : 0;
    }

    private void readOperands() {
        int count = 0;
        for (OperandPattern pattern : row.encoding().operands()) {
            operands[count++] = operand(pattern, pattern.bits(operandBits, (prefixes & Instruction.WIDE) != 0));
        }
        if (row.encoding().operands().stream().allMatch(OperandPattern::isByte) && count > 0) {
            operandBits = 8;
        }
        if ((prefixes & Instruction.VEX) != 0 && !usesVexRegister() && vexRegister != 0) {
            throw Fault.undefinedOpcode(); // VEX.vvvv must be 1111b when it names nothing
        }
    }

    private boolean usesVexRegister() {
        return row.encoding().operands().stream().anyMatch(pattern -> pattern.addressing() == 'B');
    }

    private int operand(OperandPattern pattern, int bits) {
        return switch (pattern.addressing()) {
            case 'E', 'R', 'M' -> modrm >= 0xc0 ? gpr(modrm & 7 | rexBit(1), bits) : memory(bits);
            case 'G' -> gpr(modrm >>> 3 & 7 | rexBit(4), bits);
            case 'Z' -> gpr(opcode & 7 | rexBit(1), bits);
            case 'B' -> gpr(vexRegister, bits);
            case 'S' -> segment();
            case 'C' -> Operand.of(Operand.CONTROL, control(), mode.is64() ? 64 : 32);
            case 'D' -> Operand.of(Operand.DEBUG, modrm >>> 3 & 7 | rexBit(4), mode.is64() ? 64 : 32);
            case 'I' -> immediateOperand(pattern, bits);
            case OperandPattern.SIGNED_BYTE -> signedByte(bits);
            case 'J' -> relative(bits);
            case 'A' -> farPointer();
            case 'O' -> offset(bits);
            case 'X' -> Operand.of(Operand.STRING_SOURCE, 0, bits);
            case 'Y' -> Operand.of(Operand.STRING_DESTINATION, 0, bits);
            case 'P' -> Operand.of(Operand.PORT_DX, Gpr.RDX, 16);
            case '1' -> one();
            case OperandPattern.FIXED -> Operand.of(Operand.GPR, pattern.fixedRegister(), bits);
            case OperandPattern.FIXED_SEGMENT -> Operand.of(Operand.SEGMENT, pattern.fixedRegister(), 16);
            default -> throw new IllegalStateException("operand letter " + pattern.addressing());
        };
    }

    /** Without a REX prefix byte registers 4 to 7 are AH, CH, DH, BH. */
    private int gpr(int register, int bits) {
        if (bits == 8 && register >= 4 && register < 8 && rex == 0) {
            return Operand.of(Operand.HIGH_BYTE, register - 4, 8);
        }
        return Operand.of(Operand.GPR, register, bits);
    }

    private static int memory(int bits) {
        return Operand.of(Operand.MEMORY, 0, bits);
    }

    /** TP-209: there are six segment registers, and CS cannot be a destination of MOV. */
    private int segment() {
        int register = modrm >>> 3 & 7;
        if (register > Segment.GS) {
            throw Fault.undefinedOpcode();
        }
        return Operand.of(Operand.SEGMENT, register, 16);
    }

    /** With AMD, LOCK before a move of CR0 names CR8, so that 32-bit code can reach it (APM vol. 3, "MOV CRn"; TP-200). */
    private int control() {
        int register = modrm >>> 3 & 7 | rexBit(4);
        lockNamesCr8 = register == 0 && vendor == Vendor.AMD && (prefixes & Instruction.LOCK) != 0;
        return lockNamesCr8 ? 8 : register;
    }

    private int immediateOperand(OperandPattern pattern, int bits) {
        long value;
        switch (pattern.size()) {
            case 'b', 'w' -> value = unsigned(bits / 8);
            default -> value = signed((pattern.size() == 'v' ? bits : Math.min(bits, 32)) / 8);
        }
        if (immediateUsed) {
            immediate2 = (int) value;
            return Operand.of(Operand.IMMEDIATE2, 0, bits);
        }
        immediate = value;
        immediateUsed = true;
        return Operand.of(Operand.IMMEDIATE, 0, pattern.size() == 'z' ? operandBits : bits);
    }

    private int signedByte(int bits) {
        immediate = signed(1);
        return Operand.of(Operand.IMMEDIATE, 0, bits);
    }

    private int one() {
        immediate = 1;
        return Operand.of(Operand.ONE, 0, 8);
    }

    private int relative(int bits) {
        immediate = signed(bits / 8);
        return Operand.of(Operand.RELATIVE, 0, operandBits);
    }

    private int farPointer() {
        immediate = unsigned(operandBits / 8);
        immediate2 = (int) unsigned(2);
        return Operand.of(Operand.FAR_POINTER, 0, operandBits);
    }

    private int offset(int bits) {
        displacement = unsigned(addressBits / 8);
        return memory(bits);
    }

    private long unsigned(int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (long) next() << 8 * i;
        }
        return value;
    }

    private long signed(int size) {
        int shift = 64 - 8 * size;
        return unsigned(size) << shift >> shift;
    }

    /** TP-241: LOCK is legal only on a lockable operation whose destination is memory, or where it is no lock. */
    private void checkLock() {
        boolean legal = row.opcode().lockable() && Operand.kind(operands[0]) == Operand.MEMORY || lockNamesCr8;
        if ((prefixes & Instruction.LOCK) != 0 && !legal) {
            throw Fault.undefinedOpcode();
        }
    }

    int addressForm() {
        int segment = effectiveSegment();
        if (!mode.is64() || addressBits != 64 || segment == Segment.FS || segment == Segment.GS) {
            return Instruction.GENERAL;
        }
        return ripRelative ? Instruction.RIP_RELATIVE : Instruction.FLAT;
    }

    boolean ripRelative() {
        return ripRelative;
    }

    /** TP-220: RSP or RBP as base selects SS unless overridden; R12, R13 and index registers do not. */
    int effectiveSegment() {
        if (segmentOverride >= 0) {
            return segmentOverride;
        }
        return base == Gpr.RSP || base == Gpr.RBP ? Segment.SS : Segment.DS;
    }

    byte[] consumed() {
        return Arrays.copyOfRange(code, start, at);
    }
}
