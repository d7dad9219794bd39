package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.OpcodeMap;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.SegmentState;
import io.github.nmi64.timing.CostModel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A core at any privilege level with 2 MiB of memory, mapped one to one for everybody; the page above is absent. Executes
 * one instruction at a time without a run loop, so that a test sees what the instruction alone does.
 */
final class BareCore {
    static final long STACK = 0x8_0080;
    static final long DATA = 0x10_0000;
    /** First address that is not mapped. */
    static final long ABSENT = 0x20_0000;

    static final long RIP = 0x4_0000;

    private static final long TABLES = 0x1000;
    private static final long ENTRY = 7; // present, writable, user
    private static final long LARGE = 0x80;

    final PhysicalMemory memory = new PhysicalMemory(ABSENT);
    final Core core;
    final CpuState state;

    BareCore(CodeMode mode, int cpl) {
        this(mode, cpl, Rules.INTEL);
    }

    private BareCore(CodeMode mode, int cpl, Rules rules) {
        core = new Core(new CpuState(), memory, rules, CostModel.UNIT);
        state = core.state;
        memory.store64(TABLES, TABLES + 0x1000 | ENTRY);
        memory.store64(TABLES + 0x1000, TABLES + 0x2000 | ENTRY);
        memory.store64(TABLES + 0x2000, ENTRY | LARGE);
        state.cr0 = Control.CR0_PE | Control.CR0_PG | Control.CR0_WP | Control.CR0_NE;
        state.cr3 = TABLES;
        state.cr4 = Control.CR4_PAE;
        state.efer = Control.EFER_LME | Control.EFER_LMA;
        state.cpl = cpl;
        state.gpr[Gpr.RSP] = STACK;
        state.rip = RIP;
        segments(mode, cpl << 5);
        core.modeChanged();
    }

    /** In 64-bit mode, at CPL 0. */
    BareCore() {
        this(CodeMode.LONG64, 0);
    }

    /** The same by a vendor's rules. */
    BareCore(Rules rules) {
        this(CodeMode.LONG64, 0, rules);
    }

    private void segments(CodeMode mode, int dpl) {
        boolean wide = mode == CodeMode.COMPAT32;
        int data = 0x93 | dpl | SegmentState.GRANULAR | (mode == CodeMode.COMPAT16 ? 0 : SegmentState.BIG);
        for (int segment : new int[] {Segment.ES, Segment.SS, Segment.DS, Segment.FS, Segment.GS}) {
            state.segments.load(segment, 0x10, 0, -1, data);
        }
        int size = mode.is64() ? SegmentState.LONG : wide ? SegmentState.BIG : 0;
        state.segments.load(Segment.CS, 0x08, 0, -1, 0x9b | dpl | size | SegmentState.GRANULAR);
        state.segments.load(Segment.TR, 0, 0, 0, SegmentState.UNUSABLE);
    }

    /** Executes the instruction with these bytes at RIP; a fault leaves RIP there and is returned. */
    @Nullable
    Fault step(int... code) {
        long start = state.rip;
        try {
            Instruction instruction = decode(InstructionSet.map(core.rules.vendor()), core.mode, code);
            state.rip = start + instruction.length;
            ((Operation) instruction.opcode).execute(core, instruction);
            core.retired++;
            return null;
        } catch (Fault fault) {
            state.rip = start;
            return fault;
        }
    }

    /** Executes an instruction that must not fault. */
    void run(int... code) {
        Fault fault = step(code);
        if (fault != null) {
            throw new AssertionError("unexpected " + fault.getMessage());
        }
    }

    static Instruction decode(CodeMode mode, int... code) {
        return decode(InstructionSet.map(), mode, code);
    }

    private static Instruction decode(OpcodeMap opcodes, CodeMode mode, int... code) {
        byte[] bytes = new byte[code.length];
        for (int i = 0; i < code.length; i++) {
            bytes[i] = (byte) code[i];
        }
        return Decoder.decode(opcodes, bytes, 0, bytes.length, mode);
    }

    /** Bytes written in hexadecimal with spaces. */
    static int[] bytes(String text) {
        return Arrays.stream(text.split(" ", -1))
                .mapToInt(word -> Integer.parseInt(word, 16))
                .toArray();
    }
}
