package io.github.nmi64.monitor;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import java.util.Set;

/** What an instruction that has moved RSP down was about. */
enum StackStep {
    /** It has taken room on the stack it was on: PUSH, CALL and the like, ENTER, or RSP computed from itself. */
    ALLOCATION,
    /** It has loaded RSP with a value from elsewhere, which may be another stack. */
    LOAD,
    /** Nobody knows the instruction. */
    UNKNOWN;

    /** Mnemonics that compute their first operand from what it was. */
    private static final Set<String> COMPUTING = Set.of(
            "add", "adc", "sub", "sbb", "and", "or", "xor", "inc", "dec", "neg", "not", "xadd", "shl", "shr", "sar",
            "btr", "btc");

    private static final Set<String> LOADING =
            Set.of("pop", "leave", "iret", "ret", "retf", "sysret", "sysexit", "syscall", "sysenter", "popa");

    static StackStep of(Instruction instruction) {
        String mnemonic = instruction.opcode.mnemonic();
        if (isRsp(instruction.operand0)) {
            boolean computes = COMPUTING.contains(mnemonic)
                    || mnemonic.equals("lea") && instruction.base == Gpr.RSP
                    || mnemonic.equals("imul") && isRsp(instruction.operand1)
                    || mnemonic.equals("push");
            return computes ? ALLOCATION : LOAD;
        }
        boolean swaps = isRsp(instruction.operand1) && Set.of("xchg", "xadd").contains(mnemonic);
        return swaps || LOADING.contains(mnemonic) ? LOAD : ALLOCATION;
    }

    private static boolean isRsp(int operand) {
        return Operand.kind(operand) == Operand.GPR && Operand.register(operand) == Gpr.RSP;
    }
}
