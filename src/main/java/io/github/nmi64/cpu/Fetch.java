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
import io.github.nmi64.state.InterruptState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * From RIP to a decoded instruction. Instructions are decoded once and kept by page; an instruction that crosses a page is
 * decoded every time, because two pages would have to stay valid for it.
 */
final class Fetch {
    private static final int LINES = 256;
    private static final long PAGE = -Page.SIZE;
    /** The last value of EIP. */
    private static final long LAST = 0xffff_ffffL;

    private final Core core;
    private final OpcodeMap opcodes;
    private final LinearMemory memory;
    private final PhysicalMemory physical;
    private final @Nullable CodeLine[] lines = new CodeLine[LINES];
    /** The slots of the page {@code memory.codePage} stands for. */
    private @Nullable CodeSlot[] slots = new CodeSlot[Page.SIZE];

    private boolean caching = true;
    private boolean observing;
    /** The repeated string instruction in progress, decoded from the state's copy of its bytes. */
    private @Nullable CodeSlot repeated;

    Fetch(Core core) {
        this.core = core;
        this.opcodes = InstructionSet.map(core.rules.vendor());
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
        repeated = null;
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
        if (core.state.interrupts.repeating) {
            return repeated();
        }
        if (core.mode.is64() ? !LinearMemory.isCanonical(rip) : limited(rip, 1)) {
            throw Fault.generalProtection(0);
        }
        long linear = core.linearRip(rip);
        long frame = memory.translateFetch(linear);
        CodeLine found = line(frame >>> 12);
        int offset = (int) linear & Page.SIZE - 1;
        CodeSlot slot = found.slots[offset];
        if (slot == null) {
            slot = decode(found, frame, rip, offset);
        }
        Page page = physical.page(frame >>> 12);
        boolean isMarked = page.isMarked();
        if (isMarked) { // every fetch from here is a read that somebody may want to know of
            physical.marks().noteRead(page, frame | offset, Math.min(slot.length, Page.SIZE - offset));
        }
        if (!core.mode.is64()) {
            if (limited(rip, slot.length)) {
                throw Fault.generalProtection(0);
            }
            if (rip + slot.length > LAST) {
                return new CodeSlot(slot.instruction, new LastInstruction(slot.operation), slot.cost);
            }
        }
        if (caching && !isMarked && isUnlimited(linear)) {
            slots = found.slots;
            memory.codePage = linear & PAGE;
        }
        return slot;
    }

    /** With a limit every fetch has to be checked against it, and at the top of 4 GiB for the end of EIP. */
    private boolean isUnlimited(long linear) {
        return core.mode.is64() || core.state.segments.limit[Segment.CS] == LAST && (linear & PAGE) != (LAST & PAGE);
    }

    /**
     * The instruction between two of its iterations. Nothing is fetched there (SDM vol. 2, "REP", operation), so it is what
     * it was when it began, whatever has become of its bytes and its page since, until an event interrupts it (TP-218).
     */
    private CodeSlot repeated() {
        InterruptState now = core.state.interrupts;
        CodeSlot known = repeated;
        if (known == null
                || known.instruction.low != now.repeatedLow
                || known.instruction.high != now.repeatedHigh
                || known.instruction.mode != core.mode) {
            byte[] bytes = new byte[2 * Long.BYTES];
            ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(now.repeatedLow)
                    .putLong(now.repeatedHigh);
            known = slot(Decoder.decode(opcodes, bytes, 0, Decoder.MAX_LENGTH, core.mode));
            repeated = known;
        }
        return core.state.rip + known.length > LAST && !core.mode.is64()
                ? new CodeSlot(known.instruction, new LastInstruction(known.operation), known.cost)
                : known;
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
            memory.flushIfStale();
        }
        return found;
    }

    private CodeSlot decode(CodeLine target, long frame, long rip, int offset) {
        int available = Math.min(Page.SIZE - offset, Decoder.MAX_LENGTH);
        byte[] bytes = new byte[Decoder.MAX_LENGTH];
        physical.read(frame | offset, bytes, 0, available);
        try {
            CodeSlot slot = slot(Decoder.decode(opcodes, bytes, 0, available, core.mode));
            if (caching) {
                target.slots[offset] = slot;
            }
            return slot;
        } catch (Decoder.Truncated truncated) {
            return decodeAcross(bytes, available, rip);
        }
    }

    /** The second page is touched only if the first one's bytes need it (TP-110). */
    private CodeSlot decodeAcross(byte[] bytes, int available, long rip) {
        if (!core.mode.is64() && limited(rip, available + 1)) {
            throw Fault.generalProtection(0); // before the second page is looked for
        }
        long frame = memory.translateFetch(core.linearRip(rip + available));
        physical.read(frame, bytes, available, bytes.length - available);
        physical.marks().noteRead(physical.page(frame >>> 12), frame, bytes.length - available);
        return slot(Decoder.decode(opcodes, bytes, 0, bytes.length, core.mode));
    }

    private CodeSlot slot(Instruction instruction) {
        Operation operation = observing ? Observed.INSTANCE : (Operation) instruction.opcode;
        return new CodeSlot(instruction, operation, core.costs.instruction(instruction));
    }
}
