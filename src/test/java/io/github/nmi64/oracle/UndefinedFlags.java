package io.github.nmi64.oracle;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.state.Rflags;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Status flags the manual leaves undefined, for some operands at least (SDM vol. 2, the instruction's page). */
public final class UndefinedFlags {
    private static final Map<String, Long> BY_MNEMONIC = byMnemonic();

    private UndefinedFlags() {}

    /** Those of an instruction for any operands, by its mnemonic in the manual; 0 if it defines all it writes. */
    public static long of(String mnemonic) {
        return BY_MNEMONIC.getOrDefault(mnemonic, 0L);
    }

    /** Those of an instruction with the operands of a case. */
    static long of(Instruction instruction, CpuCase request) {
        String mnemonic = instruction.opcode.mnemonic();
        long flags = of(mnemonic);
        return switch (mnemonic) {
            case "shl", "shr", "sar" ->
                ofShift(instruction, request, flags & ~(mnemonic.equals("sar") ? Rflags.CF : 0));
            case "shld", "shrd" -> ofShift(instruction, request, flags);
            case "rol", "ror", "rcl", "rcr" -> count(instruction, request) > 1 ? flags : 0;
            default -> flags;
        };
    }

    /** By 0 nothing changes, by 1 OF is defined, below the operand's width CF is; a double shift beyond it is all undefined. */
    private static long ofShift(Instruction instruction, CpuCase request, long flags) {
        int count = count(instruction, request);
        int bits = Operand.bits(instruction.operand0);
        boolean twice = instruction.opcode.mnemonic().length() > 3;
        if (count == 0) {
            return 0;
        }
        if (twice && count > bits) {
            return Rflags.STATUS;
        }
        long defined = (count == 1 ? Rflags.OF : 0) | (count < bits || twice ? Rflags.CF : 0);
        return flags & (Rflags.AF | Rflags.OF | Rflags.CF) & ~defined;
    }

    /** The masked count of a shift or rotation: an immediate, CL, or 1. */
    static int count(Instruction instruction, CpuCase request) {
        int operand = instruction.opcode.mnemonic().length() > 3 ? instruction.operand2 : instruction.operand1;
        long count =
                switch (Operand.kind(operand)) {
                    case Operand.IMMEDIATE -> instruction.immediate;
                    case Operand.ONE -> 1;
                    default -> request.gpr[Gpr.RCX];
                };
        return (int) count & (Operand.bits(instruction.operand0) == 64 ? 63 : 31);
    }

    /** True if the manual leaves the destination of such an instruction undefined, after it ended without exception. */
    static boolean undefinedResult(Instruction instruction, CpuCase request, CpuOutcome emulated) {
        return switch (instruction.opcode.mnemonic()) {
            case "bsf", "bsr" -> (emulated.rflags & Rflags.ZF) != 0;
            case "bswap" -> instruction.operandBits == 16;
            case "shld", "shrd" -> count(instruction, request) > Operand.bits(instruction.operand0);
            default -> false;
        };
    }

    private static Map<String, Long> byMnemonic() {
        Map<String, Long> flags = new HashMap<>();
        List.of("and", "or", "xor", "test").forEach(name -> flags.put(name, Rflags.AF));
        List.of("shl", "shr", "sar").forEach(name -> flags.put(name, Rflags.AF | Rflags.OF | Rflags.CF));
        List.of("shld", "shrd").forEach(name -> flags.put(name, Rflags.STATUS));
        List.of("rol", "ror", "rcl", "rcr").forEach(name -> flags.put(name, Rflags.OF));
        List.of("mul", "imul").forEach(name -> flags.put(name, Rflags.SF | Rflags.ZF | Rflags.AF | Rflags.PF));
        List.of("div", "idiv").forEach(name -> flags.put(name, Rflags.STATUS));
        List.of("bsf", "bsr").forEach(name -> flags.put(name, Rflags.STATUS & ~Rflags.ZF));
        List.of("bt", "bts", "btr", "btc")
                .forEach(name -> flags.put(name, Rflags.OF | Rflags.SF | Rflags.AF | Rflags.PF));
        List.of("tzcnt", "lzcnt").forEach(name -> flags.put(name, Rflags.OF | Rflags.SF | Rflags.AF | Rflags.PF));
        List.of("andn", "blsi", "blsr", "blsmsk", "bzhi").forEach(name -> flags.put(name, Rflags.AF | Rflags.PF));
        flags.put("bextr", Rflags.SF | Rflags.AF | Rflags.PF);
        return flags;
    }
}
