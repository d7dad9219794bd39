package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Opcode;

/**
 * An opcode with its meaning. Stateless; one object serves all instructions of its mnemonic.
 *
 * <p>The rule inside {@link #execute}: read everything, compute, write memory, then registers and flags. A fault can then
 * happen only before anything is committed.
 */
public abstract class Operation extends Opcode {
    protected Operation(String mnemonic, Encoding... encodings) {
        super(mnemonic, encodings);
    }

    /**
     * Executes one instruction, or one iteration of a repeated one. {@code core.state.rip} is already the address of the
     * next instruction; if a fault is thrown the caller sets it back.
     *
     * @throws io.github.nmi64.isa.Fault the exception the instruction raises, with nothing committed
     * @throws io.github.nmi64.isa.Unsupported if the emulator does not implement what the guest asks for
     */
    public abstract void execute(Core core, Instruction instruction);

    /** A row of the opcode map; see {@link Encoding} for the notation. */
    protected static Encoding row(String opcode, String operands) {
        return Encoding.of(opcode, operands);
    }

    /** A row without operands. */
    protected static Encoding row(String opcode) {
        return Encoding.of(opcode);
    }
}
