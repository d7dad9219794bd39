package io.github.nmi64.isa;

import io.github.nmi64.bits.Hex;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Text of instructions in AT&T syntax, letter for letter as GNU objdump 2.40 prints it with {@code -M intel64}. SSE, MMX
 * and x87 instructions, which are decoded but not executed, appear under the name of their class alone.
 */
public final class Disassembly {
    private final Instruction instruction;
    private final long next;
    private final SymbolLookup symbols;
    private final Layout layout;
    private final AddressText addresses;

    private Disassembly(Instruction instruction, long address, SymbolLookup symbols) {
        this.instruction = instruction;
        this.next = address + instruction.length;
        this.symbols = symbols;
        this.layout = new Layout(instruction);
        this.addresses = new AddressText(instruction, layout);
    }

    /**
     * The instruction's text.
     *
     * @param address where the instruction lies: the base of branch targets and RIP-relative addresses
     * @param symbols names for those; {@link SymbolLookup#NONE} if there are none
     */
    public static String text(Instruction instruction, long address, SymbolLookup symbols) {
        return new Disassembly(instruction, address, symbols).text();
    }

    /** The instruction's name in its text, without prefixes and operands. */
    public static String name(Instruction instruction) {
        String name = new Disassembly(instruction, 0, SymbolLookup.NONE).mnemonic();
        int blank = name.indexOf(' ');
        return blank < 0 ? name : name.substring(0, blank); // a row's name may bring its operands
    }

    /** Every name an opcode's instructions can have in the texts this class makes, prefixes apart, and the manual's. */
    public static Set<String> names(Opcode opcode) {
        Set<String> names = new TreeSet<>();
        names.add(opcode.mnemonic());
        for (Encoding encoding : opcode.encodings()) {
            AttName attName = encoding.attName();
            for (String name : attName == null ? List.of(opcode.mnemonic() + "?") : attName.names()) {
                String stem = name.replaceAll("[?@]$", "");
                names.add(stem);
                if (name.endsWith("?")) {
                    List.of("b", "w", "l", "q").forEach(suffix -> names.add(stem + suffix));
                }
            }
        }
        return names;
    }

    private String text() {
        String name = new PrefixText(instruction, layout).text() + mnemonic();
        String operands = operands();
        int blank = operands.isEmpty() ? name.indexOf(" %") : -1;
        if (blank >= 0) { // a row's name may bring its operands
            operands = name.substring(blank + 1);
            name = name.substring(0, blank);
        }
        return operands.isEmpty() ? name : "%-6s %s".formatted(name, operands) + memoryTarget();
    }

    private String mnemonic() {
        AttName attName = instruction.encoding.attName();
        String name = attName == null ? instruction.opcode.mnemonic() + "?" : attName.at(instruction.operandBits);
        String stem = name.substring(0, name.length() - 1);
        return switch (name.charAt(name.length() - 1)) {
            case '?' -> stem + (hasTellingRegister() ? "" : memorySuffix());
            case '&' -> stem + memorySuffix();
            case '@' -> stem + addressSuffix();
            default -> hasLongOffset() ? "movabs" : name;
        };
    }

    /** An absolute address of 64 bits, which only MOV's moffs operands have. */
    private boolean hasLongOffset() {
        return instruction.addressBits == 64
                && instruction.encoding.operands().stream().anyMatch(pattern -> pattern.addressing() == 'O');
    }

    private String addressSuffix() {
        boolean usual = instruction.addressBits == instruction.mode.addressBits();
        return usual ? "" : instruction.addressBits == 32 ? "l" : "w";
    }

    /** True if a register operand tells the width. */
    private boolean hasTellingRegister() {
        int[] operands = operandsInManualOrder();
        for (int i = 0; i < instruction.encoding.operands().size(); i++) {
            boolean register =
                    switch (Operand.kind(operands[i])) {
                        case Operand.GPR, Operand.HIGH_BYTE, Operand.SEGMENT, Operand.CONTROL, Operand.DEBUG -> true;
                        default -> false;
                    };
            if (register && !instruction.encoding.operands().get(i).isShiftCount()) {
                return true;
            }
        }
        return false;
    }

    private String memorySuffix() {
        for (int operand : operandsInManualOrder()) {
            switch (Operand.kind(operand)) {
                case Operand.MEMORY, Operand.STRING_SOURCE, Operand.STRING_DESTINATION -> {
                    return suffix(Operand.bits(operand));
                }
                default -> {}
            }
        }
        return "";
    }

    private static String suffix(int bits) {
        return switch (bits) {
            case 8 -> "b";
            case 16 -> "w";
            case 32 -> "l";
            case 64 -> "q";
            default -> "";
        };
    }

    private int[] operandsInManualOrder() {
        return new int[] {instruction.operand0, instruction.operand1, instruction.operand2};
    }

    /** AT&T order is the reverse of the manual's, except where the row says otherwise (ENTER, BOUND). */
    private String operands() {
        AttName attName = instruction.encoding.attName();
        if (attName != null && attName.table()) {
            return addresses.table();
        }
        StringBuilder text = new StringBuilder();
        boolean reversed = attName == null || !attName.manualOrder();
        for (int operand : operandsInManualOrder()) {
            String one = operand(operand);
            if (one.isEmpty()) {
                continue;
            }
            String comma = text.isEmpty() ? "" : ",";
            text = reversed ? text.insert(0, one + comma) : text.append(comma).append(one);
        }
        return text.toString();
    }

    private String operand(int operand) {
        int register = Operand.register(operand);
        return switch (Operand.kind(operand)) {
            case Operand.GPR -> star() + "%" + Gpr.name(register, Operand.bits(operand));
            case Operand.HIGH_BYTE -> "%" + Gpr.highByteName(register);
            case Operand.MEMORY -> star() + addresses.text();
            case Operand.IMMEDIATE -> "$" + Hex.of(instruction.immediate & -1L >>> -Operand.bits(operand));
            case Operand.IMMEDIATE2 -> "$" + Hex.of(instruction.immediate2 & 0xffff_ffffL);
            case Operand.SEGMENT -> "%" + Segment.NAMES.get(register);
            case Operand.CONTROL -> "%cr" + register;
            case Operand.DEBUG -> "%db" + register;
            case Operand.RELATIVE -> target(branchTarget());
            case Operand.FAR_POINTER -> "$" + Hex.of(instruction.immediate2) + ",$" + Hex.of(instruction.immediate);
            case Operand.STRING_SOURCE -> addresses.stringSource();
            case Operand.STRING_DESTINATION -> addresses.stringDestination();
            case Operand.PORT_DX -> "(%dx)";
            default -> ""; // none, or the constant one of the short shifts, which is not written
        };
    }

    private String star() {
        AttName attName = instruction.encoding.attName();
        return attName != null && attName.indirect() ? "*" : "";
    }

    private long branchTarget() {
        long target = next + instruction.immediate;
        return switch (instruction.operandBits) {
            case 64 -> target;
            case 32 -> target & 0xffff_ffffL;
            default -> target & 0xffff;
        };
    }

    /** The address behind RIP, and the per-CPU variable whose offset in GS is given. */
    private String memoryTarget() {
        if (!instruction.ripRelative) {
            boolean isOffset = isInGs() && instruction.base == Gpr.ZERO && instruction.index == Gpr.ZERO;
            @Nullable String name = isOffset ? symbols.perCpuVariable(instruction.displacement) : null;
            return name == null ? "" : "        # <" + name + ">";
        }
        long sum = next + instruction.displacement;
        long target = instruction.addressBits == 64 ? sum : sum & 0xffff_ffffL;
        @Nullable String variable = isInGs() ? symbols.perCpuVariable(target) : null;
        return "        # " + (variable == null ? target(target) : Long.toHexString(target) + " <" + variable + ">");
    }

    private boolean isInGs() {
        return instruction.segmentOverride == Segment.GS && instruction.mode.is64();
    }

    private String target(long address) {
        @Nullable String name = symbols.name(address);
        return name == null ? Hex.of(address) : Long.toHexString(address) + " <" + name + ">";
    }
}
