package io.github.nmi64.isa;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One row of the opcode map, written as the manual writes it and parsed once.
 *
 * <p>The notation is the instruction reference's (SDM vol. 2, 3.1.1): prefixes and constraints, opcode bytes, then
 * {@code +r} (register in the low three bits), {@code /r}, {@code /0}..{@code /7}, or a fixed ModRM byte after a two-byte
 * opcode. Words before the bytes:
 *
 * <ul>
 *   <li>{@code NP} none of 66 F2 F3, {@code NF} neither F2 nor F3, {@code 66}, {@code F2}, {@code F3}: the last repeat
 *       prefix (or else 66) must be this one;
 *   <li>{@code REX.W}, {@code W0}: REX.W or VEX.W set, clear; {@code noREX.B}: REX.B clear;
 *   <li>{@code o16 o32 o64}, {@code a16 a32 a64}: operand size, address size in effect;
 *   <li>{@code only64}, {@code not64}: valid in 64-bit mode only, in compatibility mode only;
 *   <li>{@code def64}: operand size defaults to 64 in 64-bit mode, where 66 selects 16; {@code near64}: the same with AMD,
 *       with Intel it is always 64 there;
 *   <li>{@code intel}, {@code amd}: only that vendor's processors have the row;
 *   <li>{@code reg}, {@code mem}: ModRM names a register, memory;
 *   <li>{@code VEX.L0.F2.0F38.W1}: a VEX encoding with its map.
 * </ul>
 *
 * Examples: {@code Encoding.of("01 /r", "Ev,Gv")}, {@code of("0F C8+r", "Zy")}, {@code of("def64 50+r", "Zv")}.
 */
public final class Encoding {
    /** Operand size rule: defaults to 32, or 64 with REX.W. */
    static final int NORMAL = 0;
    /** Operand size rule: defaults to 64 in 64-bit mode, 66 selects 16. */
    static final int DEFAULT64 = 1;
    /** Operand size rule of near branches: {@link #DEFAULT64} with AMD, with Intel 64 whatever the prefixes say (TP-223). */
    static final int NEAR64 = 2;

    /** Added to the map number of VEX encodings. */
    static final int VEX_MAPS = 4;

    private final String opcodeText;
    private final String operandText;
    private final List<OperandPattern> operands;
    private final @Nullable AttName attName;

    private long mask = Facts.ALL;
    private int map;
    private int opcode = -1;
    private int span = 1;
    private boolean modrm;
    private int sizeRule = NORMAL;
    private @Nullable Vendor vendor;

    private Encoding(String opcodeText, String operandText, @Nullable AttName attName) {
        this.opcodeText = opcodeText;
        this.operandText = operandText;
        this.attName = attName;
        this.operands = OperandPattern.parse(operandText);
        parse(opcodeText);
        for (OperandPattern operand : operands) {
            modrm |= operand.usesModrm();
            mask &= operand.facts();
        }
        if (opcode < 0) {
            throw new IllegalArgumentException("no opcode byte in '" + opcodeText + "'");
        }
    }

    /** A row with operands, for example {@code of("80 /0", "Eb,Ib")}. */
    public static Encoding of(String opcode, String operands) {
        return new Encoding(opcode, operands, null);
    }

    /** A row without operands. */
    public static Encoding of(String opcode) {
        return new Encoding(opcode, "", null);
    }

    /** The ten encodings that ADD, OR, ADC, SBB, AND, SUB, XOR and CMP share; {@code digit} is their number. */
    public static Encoding[] binaryRows(int digit) {
        String opcode = "%02X /r";
        return new Encoding[] {
            of(opcode.formatted(digit * 8), "Eb,Gb"),
            of(opcode.formatted(digit * 8 + 1), "Ev,Gv"),
            of(opcode.formatted(digit * 8 + 2), "Gb,Eb"),
            of(opcode.formatted(digit * 8 + 3), "Gv,Ev"),
            of("%02X".formatted(digit * 8 + 4), "AL,Ib"),
            of("%02X".formatted(digit * 8 + 5), "rAX,Iz"),
            of("80 /" + digit, "Eb,Ib"),
            of("not64 82 /" + digit, "Eb,Ib"),
            of("81 /" + digit, "Ev,Iz"),
            of("83 /" + digit, "Ev,sIb"),
        };
    }

    /**
     * The same row with the name the AT&T syntax gives it where that is not the mnemonic followed, if only memory tells
     * the width, by b, w, l or q. The notation: names for 16, 32 and 64 bits separated by {@code |}, or one name for all;
     * {@code ?} ends a name that takes the suffix; {@code @} ends one that takes the suffix of an address size other than
     * the mode's; {@code *} after a blank marks an indirect branch, {@code (rBX)} an operand the encoding does not name.
     *
     * <p>A final {@code =} after a blank keeps the operands in the manual's order. A name that ends in {@code &} takes memory's suffix whatever registers there are.
     *
     * <p>Examples: {@code "cbtw|cwtl|cltq"}, {@code "sgdt"}, {@code "movabs"}, {@code "lcallw|lcall|lcallq *"}.
     */
    public Encoding att(String names) {
        return new Encoding(opcodeText, operandText, AttName.parse(names));
    }

    private void parse(String text) {
        List<Integer> bytes = new ArrayList<>();
        for (String word : text.split(" ", -1)) {
            boolean afterPrefixes = !bytes.isEmpty() || map != 0;
            if (word.matches("[0-9A-F]{2}") && (!isPrefixByte(word) || afterPrefixes)) {
                bytes.add(Integer.parseInt(word, 16));
            } else if (word.matches("[0-9A-F]{2}\\+r")) {
                bytes.add(Integer.parseInt(word.substring(0, 2), 16));
                span = 8;
            } else if (word.startsWith("/")) {
                modrm = true;
                if (!word.equals("/r")) {
                    mask &= Facts.reg(Integer.parseInt(word.substring(1)));
                }
            } else if (word.startsWith("VEX.")) {
                parseVex(word);
            } else {
                constrain(word);
            }
        }
        place(bytes);
    }

    private static boolean isPrefixByte(String word) {
        return word.equals("66") || word.equals("F2") || word.equals("F3");
    }

    private void constrain(String word) {
        switch (word) {
            case "def64" -> sizeRule = DEFAULT64;
            case "near64" -> sizeRule = NEAR64;
            case "intel" -> vendor = Vendor.INTEL;
            case "amd" -> vendor = Vendor.AMD;
            default -> mask &= Facts.named(word);
        }
    }

    private void parseVex(String word) {
        for (String part : word.substring(4).split("\\.", -1)) {
            switch (part) {
                case "0F" -> map = VEX_MAPS + 1;
                case "0F38" -> map = VEX_MAPS + 2;
                case "0F3A" -> map = VEX_MAPS + 3;
                default -> mask &= Facts.named(part);
            }
        }
    }

    /** Sorts the literal bytes into map, opcode and fixed ModRM byte. */
    private void place(List<Integer> bytes) {
        int i = 0;
        if (map == 0 && bytes.size() > 1 && bytes.get(0) == 0x0f) {
            i = 1;
            map = 1;
            if (bytes.size() > 2 && (bytes.get(1) == 0x38 || bytes.get(1) == 0x3a)) {
                i = 2;
                map = bytes.get(1) == 0x38 ? 2 : 3;
            }
        }
        opcode = bytes.get(i++);
        if (i < bytes.size()) {
            modrm = true;
            mask &= Facts.modrm(bytes.get(i));
        }
    }

    /** The opcode half as written in the constructor, for messages and coverage tables. */
    public String opcodeText() {
        return opcodeText;
    }

    /** The operand half as written. */
    public String operandText() {
        return operandText;
    }

    /** The AT&T name of the row, or null if the mnemonic with its suffix is the name. */
    @Nullable
    AttName attName() {
        return attName;
    }

    /** True if the row means something else under an operand-size prefix. */
    boolean usesOperandSizePrefix(CodeMode mode, int operandBits) {
        boolean fixed = sizeRule == NEAR64 && mode.is64() && operandBits == 64;
        return !fixed && (Facts.selectsOperandSize(mask) || sized("vz") || tellsApart(16, mode.operandBits()));
    }

    /** True if the row means something else under REX.W. */
    boolean usesWide() {
        return sizeRule == NORMAL
                && (Facts.selectsOperandSize(mask) || Facts.selectsWide(mask) || sized("vy") || tellsApart(32, 64));
    }

    private boolean tellsApart(int bits, int otherBits) {
        return attName != null && attName.tellsApart(bits, otherBits);
    }

    /** True if the row is for one address size only. */
    boolean addressSizeNamed() {
        return Facts.selectsAddressSize(mask);
    }

    private boolean sized(String sizes) {
        return operands.stream().anyMatch(operand -> sizes.indexOf(operand.size()) >= 0);
    }

    /** True if this vendor's processors have the row. */
    boolean belongsTo(Vendor whose) {
        return vendor == null || vendor == whose;
    }

    long mask() {
        return mask;
    }

    int map() {
        return map;
    }

    /** First opcode byte covered. */
    int opcode() {
        return opcode;
    }

    /** How many opcode bytes are covered: 8 for {@code +r}, else 1. */
    int span() {
        return span;
    }

    boolean modrm() {
        return modrm;
    }

    int sizeRule() {
        return sizeRule;
    }

    List<OperandPattern> operands() {
        return operands;
    }

    @Override
    public String toString() {
        return operandText.isEmpty() ? opcodeText : opcodeText + " " + operandText;
    }
}
