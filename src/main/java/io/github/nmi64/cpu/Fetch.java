package io.github.nmi64.cpu;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.OpcodeMap;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.memory.Page;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.op.InstructionSet;
import io.github.nmi64.op.Operation;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * From RIP to a decoded instruction. Instructions are decoded once and kept by page; an instruction that crosses a page is
 * decoded every time, because two pages would have to stay valid for it.
 */
final class Fetch {
    private static final int LINES = 256;
    private static final long PAGE = -Page.SIZE;
    private static final OpcodeMap OPCODES = InstructionSet.map();

    private final Core core;
    private final LinearMemory memory;
    private final PhysicalMemory physical;
    private final @Nullable CodeLine[] lines = new CodeLine[LINES];
    /** The slots of the page {@code memory.codePage} stands for. */
    private @Nullable CodeSlot[] slots = new CodeSlot[Page.SIZE];

    private boolean caching = true;
    private boolean observing;

    Fetch(Core core) {
        this.core = core;
        this.memory = core.memory;
        this.physical = core.memory.physical();
    }

    /** Whether decoded instructions are kept; switched off only to prove that nobody can tell. */
    void caching(boolean on) {
        caching = on;
        forget();
    }

    /** Whether the sink is told of each instruction. */
    void observing(boolean on) {
        observing = on;
        forget();
    }

    private void forget() {
        Arrays.fill(lines, null);
        memory.codePage = 1;
    }

    /**
     * The instruction at RIP.
     *
     * @throws Fault #GP if RIP is not canonical or beyond CS.limit, #PF of the fetch, or what decoding raises
     */
    CodeSlot at(long rip) {
        long linear = rip + core.codeBase;
        if ((linear & PAGE) == memory.codePage) {
            CodeSlot slot = slots[(int) linear & Page.SIZE - 1];
            if (slot != null) {
                return slot;
            }
        }
        return slowly(rip);
    }

    private CodeSlot slowly(long rip) {
        if (core.mode.is64() ? !LinearMemory.isCanonical(rip) : limited(rip, 1)) {
            throw Fault.generalProtection(0);
        }
        long linear = linear(rip);
        long frame = memory.translateFetch(linear);
        CodeLine found = line(frame >>> 12);
        int offset = (int) linear & Page.SIZE - 1;
        CodeSlot slot = found.slots[offset];
        if (slot == null) {
            slot = decode(found, frame, linear, offset);
        }
        if (!core.mode.is64() && limited(rip, slot.length)) {
            throw Fault.generalProtection(0);
        }
        // With a code segment limit every fetch comes here for the check above.
        if (caching && (core.mode.is64() || core.state.segments.limit[Segment.CS] == 0xffff_ffffL)) {
            slots = found.slots;
            memory.codePage = linear & PAGE;
        }
        return slot;
    }

    private long linear(long rip) {
        return core.mode.is64() ? rip : rip + core.codeBase & 0xffff_ffffL;
    }

    private boolean limited(long rip, int length) {
        return rip + length - 1 > core.state.segments.limit[Segment.CS];
    }

    private CodeLine line(long frameNumber) {
        int index = (int) (frameNumber * 3 + core.mode.ordinal()) & LINES - 1;
        CodeLine found = lines[index];
        if (found == null || found.page != physical.page(frameNumber) || found.mode != core.mode) {
            found = new CodeLine(physical.watchCode(frameNumber), core.mode);
            lines[index] = found;
            memory.synchronise();
        }
        return found;
    }

    private CodeSlot decode(CodeLine target, long frame, long linear, int offset) {
        int available = Math.min(Page.SIZE - offset, Decoder.MAX_LENGTH);
        byte[] bytes = new byte[Decoder.MAX_LENGTH];
        physical.read(frame | offset, bytes, 0, available);
        try {
            CodeSlot slot = slot(Decoder.decode(OPCODES, bytes, 0, available, core.mode));
            if (caching) {
                target.slots[offset] = slot;
            }
            return slot;
        } catch (Decoder.Truncated truncated) {
            return decodeAcross(bytes, available, linear);
        }
    }

    /** The second page is touched only if the first one's bytes need it (TP-110). */
    private CodeSlot decodeAcross(byte[] bytes, int available, long linear) {
        long next = linear(linear - core.codeBase + available);
        long frame = memory.translateFetch(next);
        physical.read(frame, bytes, available, bytes.length - available);
        physical.noteRead(physical.page(frame >>> 12), frame, bytes.length - available);
        return slot(Decoder.decode(OPCODES, bytes, 0, bytes.length, core.mode));
    }

    private CodeSlot slot(Instruction instruction) {
        Operation operation = observing ? Observed.INSTANCE : (Operation) instruction.opcode;
        return new CodeSlot(instruction, operation, core.costs.instruction(instruction));
    }
}
