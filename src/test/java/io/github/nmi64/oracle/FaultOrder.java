package io.github.nmi64.oracle;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.memory.Page;
import io.github.nmi64.op.SingleInstruction;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Finds out whether an instruction has more than one reason to fault. The manual orders classes of exceptions, not the
 * exceptions of one class that several accesses of an instruction raise (SDM vol. 3, table 6-2; APM vol. 2, 8.5): which
 * comes first is the processor's. So the emulator runs the case again with obstacles taken away: pages it misses become
 * present, AC is cleared, ports are allowed, pointers lead to good memory. If it then reports the fault the host reported
 * at once, both had the same two reasons and only took them in another order.
 */
final class FaultOrder {
    private static final long GOOD = CpuCase.DATA + 0x400;
    private static final int MOST_PAGES = 6;

    /** Instructions that use a pointer without naming it. */
    private static final Pattern STACK = Pattern.compile("push.*|pop.*|call|ret|enter|leave");

    private static final Pattern STRINGS = Pattern.compile("movs|cmps|ins|outs|stos|lods|scas");
    private static final Pattern PORTS = Pattern.compile("ins|outs|in|out");

    private FaultOrder() {}

    /** True if both sides fault with nothing changed, and the host's fault is one the emulator would report next. */
    static boolean explains(Comparison comparison, SingleInstruction emulator) {
        return comparison.host().faulted()
                && comparison.emulated().faulted()
                && comparison.onlyIn("vector", "error code", "cr2")
                && comparison.instruction().isPresent()
                && reports(comparison, comparison.instruction().get(), emulator);
    }

    /** Tries every combination of what can be mended. */
    private static boolean reports(Comparison comparison, Instruction instruction, SingleInstruction emulator) {
        List<Consumer<CpuCase>> mends = mends(comparison.request(), instruction);
        int ports = 1 << mends.size();
        int end = PORTS.matcher(instruction.opcode.mnemonic()).matches() ? 2 * ports : ports;
        for (int chosen = 0; chosen < end; chosen++) {
            CpuCase mended = comparison.request().copy();
            for (int i = 0; i < mends.size(); i++) {
                if ((chosen & 1 << i) != 0) {
                    mends.get(i).accept(mended);
                }
            }
            if (reports(comparison.host(), mended, (chosen & ports) != 0, emulator)) {
                return true;
            }
        }
        return false;
    }

    private static List<Consumer<CpuCase>> mends(CpuCase request, Instruction instruction) {
        String mnemonic = instruction.opcode.mnemonic();
        List<Consumer<CpuCase>> mends = new ArrayList<>();
        if ((request.rflags & Rflags.AC) != 0) {
            mends.add(mended -> mended.rflags &= ~Rflags.AC);
        }
        if (instruction.hasMemoryOperand() && instruction.base != Gpr.ZERO) {
            mends.add(mended -> leadOperandToGoodMemory(mended, instruction));
        }
        int[] pointers = STACK.matcher(mnemonic).matches()
                ? new int[] {Gpr.RSP, Gpr.RBP}
                : STRINGS.matcher(mnemonic).matches() ? new int[] {Gpr.RSI, Gpr.RDI} : new int[0];
        for (int pointer : pointers) {
            mends.add(mended -> mended.gpr[pointer] = GOOD);
        }
        return mends;
    }

    /** Runs the case with one more page present each time, as long as pages are what it misses. */
    private static boolean reports(CpuOutcome host, CpuCase mended, boolean ports, SingleInstruction emulator) {
        Set<Long> pages = new HashSet<>();
        while (pages.size() < MOST_PAGES) {
            CpuOutcome outcome = emulator.runMended(mended, pages, ports);
            if (isSameFault(host, outcome, mended)) {
                return true;
            }
            if (outcome.vector != Vector.PF || !outcome.faulted() || !pages.add(outcome.cr2 & -Page.SIZE)) {
                return false;
            }
        }
        return false;
    }

    private static boolean isSameFault(CpuOutcome host, CpuOutcome outcome, CpuCase mended) {
        Set<String> differing = Comparison.of(mended, host, outcome).fields();
        return outcome.faulted()
                && !differing.contains("vector")
                && !differing.contains("error code")
                && !differing.contains("cr2");
    }

    private static void leadOperandToGoodMemory(CpuCase request, Instruction instruction) {
        request.fsBase = CpuCase.FS;
        request.gsBase = CpuCase.GS;
        long segment = instruction.segment == Segment.FS
                ? request.fsBase
                : instruction.segment == Segment.GS ? request.gsBase : 0;
        long index = instruction.index == Gpr.ZERO ? 0 : request.gpr[instruction.index] << instruction.scale;
        request.gpr[instruction.base] = GOOD - segment - index - instruction.displacement;
    }
}
