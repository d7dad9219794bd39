package io.github.nmi64.op;

import io.github.nmi64.isa.OpcodeMap;
import io.github.nmi64.isa.Vendor;
import java.util.ArrayList;
import java.util.List;

/** All operations and the opcode maps made of their rows. */
public final class InstructionSet {
    private static final List<Operation> OPERATIONS = collect();
    private static final OpcodeMap INTEL = new OpcodeMap(OPERATIONS, Vendor.INTEL);
    private static final OpcodeMap AMD = new OpcodeMap(OPERATIONS, Vendor.AMD);

    private InstructionSet() {}

    /** A family is added here, an instruction in its family. */
    private static List<Operation> collect() {
        List<Operation> all = new ArrayList<>();
        all.addAll(Arithmetic.operations());
        all.addAll(Logic.operations());
        all.addAll(Exchanges.operations());
        all.addAll(Multiplication.operations());
        all.addAll(Division.operations());
        all.addAll(Shifts.operations());
        all.addAll(Rotations.operations());
        all.addAll(BitTests.operations());
        all.addAll(BitScans.operations());
        all.addAll(BitFields.operations());
        all.addAll(DecimalAdjustments.operations());
        all.addAll(Moves.operations());
        all.addAll(StackOps.operations());
        all.addAll(Branches.operations());
        all.addAll(Strings.operations());
        all.addAll(Flags.operations());
        all.addAll(InputOutput.operations());
        all.addAll(Nops.operations());
        all.addAll(FloatingPoint.operations());
        all.addAll(InterruptReturns.operations());
        all.addAll(SoftwareInterrupts.operations());
        all.addAll(SystemCalls.operations());
        all.addAll(SegmentMoves.operations());
        all.addAll(DescriptorTableOps.operations());
        all.addAll(ControlRegisters.operations());
        all.addAll(ModelSpecific.operations());
        all.addAll(Halting.operations());
        all.addAll(FarTransfers.operations());
        all.addAll(SegmentQueries.operations());
        all.addAll(DebugRegisters.operations());
        all.addAll(Cpuid.operations());
        return List.copyOf(all);
    }

    /** Every operation, grouped by family. */
    public static List<Operation> operations() {
        return OPERATIONS;
    }

    /** The rows of all operations, as Intel's processors have them. */
    public static OpcodeMap map() {
        return INTEL;
    }

    /** The rows of all operations, as a vendor's processors have them. */
    public static OpcodeMap map(Vendor vendor) {
        return vendor == Vendor.AMD ? AMD : INTEL;
    }
}
