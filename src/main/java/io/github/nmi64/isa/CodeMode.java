package io.github.nmi64.isa;

/**
 * How bytes are decoded: the sub-mode of long mode selected by the L and D bits of the code segment (SDM vol. 3, 5.2.1).
 */
public enum CodeMode {
    /** CS.L = 1: 32-bit operands and 64-bit addresses by default. */
    LONG64(32, 64),
    /** CS.L = 0, CS.D = 1: compatibility mode, 32-bit operands and addresses by default. */
    COMPAT32(32, 32),
    /** CS.L = 0, CS.D = 0: compatibility mode, 16-bit operands and addresses by default. */
    COMPAT16(16, 16);

    private final int operandBits;
    private final int addressBits;

    CodeMode(int operandBits, int addressBits) {
        this.operandBits = operandBits;
        this.addressBits = addressBits;
    }

    /** Operand size in bits without prefixes. */
    public int operandBits() {
        return operandBits;
    }

    /** Address size in bits without prefixes. */
    public int addressBits() {
        return addressBits;
    }

    /** True in 64-bit mode, false in compatibility mode. */
    public boolean is64() {
        return this == LONG64;
    }
}
