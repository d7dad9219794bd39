package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.core.Core;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.state.CpuState;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongFunction;

/** What invariants see of a run: the processor, memory as a debugger sees it, the last step, and what has been remembered. */
final class Scene {
    private final Core core;
    private final Nesting nesting;
    private final List<Violation> violations;
    private final SymbolTable symbols;
    private final LongFunction<OptionalLong> quadwords;
    private final LongFunction<Optional<Instruction>> instructions;

    /** RIP, RSP and RFLAGS at the boundary before the last step. */
    long ripBefore;

    long rspBefore;
    long rflagsBefore;
    /** The step is a delivery, an INT or an IRET, which move RSP and RIP without being a CALL or RET. */
    boolean isEvent;
    /** The step has delivered an event. */
    boolean isDelivery;

    /**
     * @param violations what is reported is added here
     * @param quadwords the quadword at a linear address as a debugger reads it; empty if it is not mapped
     * @param instructions the instruction at a linear address; empty if there is none
     */
    Scene(
            Core core,
            Nesting nesting,
            List<Violation> violations,
            SymbolTable symbols,
            LongFunction<OptionalLong> quadwords,
            LongFunction<Optional<Instruction>> instructions) {
        this.core = core;
        this.nesting = nesting;
        this.violations = violations;
        this.symbols = symbols;
        this.quadwords = quadwords;
        this.instructions = instructions;
    }

    void stepBegins() {
        CpuState state = core.state;
        ripBefore = state.rip;
        rspBefore = state.gpr[Gpr.RSP];
        rflagsBefore = state.rflags;
        isEvent = false;
        isDelivery = false;
    }

    CpuState state() {
        return core.state;
    }

    Nesting nesting() {
        return nesting;
    }

    /** Instructions retired. */
    long retired() {
        return core.retired;
    }

    long rspBefore() {
        return rspBefore;
    }

    long rflagsBefore() {
        return rflagsBefore;
    }

    /** What the last step, which has moved RSP down, was about. */
    StackStep stackStep() {
        if (isEvent) {
            return isDelivery ? StackStep.ALLOCATION : StackStep.LOAD;
        }
        return instructions.apply(ripBefore + core.codeBase).map(StackStep::of).orElse(StackStep.UNKNOWN);
    }

    /** True if the IRET of this step pops quadwords. */
    boolean popsQuadwords() {
        return instructions
                .apply(ripBefore + core.codeBase)
                .filter(iret -> iret.operandBits == 64)
                .isPresent();
    }

    OptionalLong quadword(long linear) {
        return quadwords.apply(linear);
    }

    /** {@code do_nmi+0x3}; empty if no symbol is near. */
    String place(long address) {
        return symbols.nearest(address).map(SymbolTable.Place::text).orElse("");
    }

    /** {@code do_nmi+0x3 (0xffffffff81000123)}. */
    String at(long address) {
        String name = place(address);
        return name.isEmpty() ? Hex.of(address) : name + " (" + Hex.of(address) + ")";
    }

    void report(Violation violation) {
        violations.add(violation);
    }

    /** True if something was reported. */
    boolean hasFound() {
        return !violations.isEmpty();
    }
}
