package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.OpcodeMap;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.memory.Page;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.oracle.CpuCase;
import io.github.nmi64.oracle.CpuOutcome;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.state.SegmentState;
import io.github.nmi64.timing.CostModel;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Runs {@link CpuCase}s on a {@link Core} without a run loop, in user mode and in the memory map of the CPU oracle, which
 * is mapped one to one. Memory is put back after every case, so one object serves any number of them.
 */
public final class SingleInstruction {
    private static final int TABLES = 0x1000;
    private static final int PRESENT = 1;
    private static final int WRITABLE = 2;
    private static final int USER = 4;
    private static final int[] WATCHED = {CpuCase.DATA, CpuCase.DATA + Page.SIZE, CpuCase.FS, CpuCase.GS};
    private static final int CODE_AREA = 2 * Page.SIZE;
    /** A frame for pages that only {@link #runMended} maps. */
    private static final long SPARE_FRAME = CpuCase.GS + 0x8_0000L;
    /** Page tables end here. */
    private static final int TABLES_END = 0x0800_0000;

    private final PhysicalMemory memory = new PhysicalMemory(CpuCase.GS + 0x10_0000L);
    private final Core core;
    private final OpcodeMap opcodes;
    private final byte[] pristine = new byte[WATCHED.length * Page.SIZE];
    private final byte[] watched = new byte[pristine.length];
    private final byte[] code = new byte[CODE_AREA];
    private int nextTable = TABLES + Page.SIZE;
    private boolean portsAllowed;

    /** By AMD's rules. */
    public SingleInstruction() {
        this(Vendor.AMD);
    }

    /** By a vendor's rules where the two execute differently; decoding is Intel's. */
    public SingleInstruction(Vendor vendor) {
        this(new Rules(vendor, true, true, false, true, false), InstructionSet.map());
    }

    /** By a vendor's rules, decoding included. */
    SingleInstruction(Rules rules) {
        this(rules, InstructionSet.map(rules.vendor()));
    }

    private SingleInstruction(Rules rules, OpcodeMap opcodes) {
        this.opcodes = opcodes;
        core = new Core(new CpuState(), memory, rules, CostModel.UNIT);
        Arrays.fill(code, (byte) 0xcc);
        for (int page = 0; page < WATCHED.length; page++) {
            map(WATCHED[page], WRITABLE);
            byte[] bytes = initialPage(WATCHED[page]);
            System.arraycopy(bytes, 0, pristine, page * Page.SIZE, Page.SIZE);
            memory.write(WATCHED[page], bytes, 0, Page.SIZE);
        }
        map(CpuCase.READ_ONLY, 0);
        memory.write(CpuCase.READ_ONLY, initialPage(CpuCase.READ_ONLY), 0, Page.SIZE);
        map(CpuCase.CODE, 0);
        memory.write(CpuCase.CODE, code, 0, Page.SIZE);
        memory.write(CpuCase.CODE + Page.SIZE, code, 0, Page.SIZE);
        controlRegisters();
        segments();
        core.modeChanged();
    }

    private static byte[] initialPage(int address) {
        byte[] bytes = new byte[Page.SIZE];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = CpuCase.initialByte(address + i);
        }
        return bytes;
    }

    /** Maps one page to itself for user mode, adding page tables as needed. */
    private void map(int address, int rights) {
        memory.store64(entry(address), address | PRESENT | USER | rights);
    }

    /** Physical address of the page table entry. */
    private long entry(long address) {
        long table = TABLES;
        for (int shift = 39; shift > 12; shift -= 9) {
            long at = table + (address >>> shift & 0x1ff) * 8;
            if (memory.load64(at) == 0) {
                memory.store64(at, nextTable | PRESENT | WRITABLE | USER);
                nextTable += Page.SIZE;
            }
            table = memory.load64(at) & -Page.SIZE;
        }
        return table + (address >>> 12 & 0x1ff) * 8;
    }

    private void controlRegisters() {
        CpuState state = core.state;
        state.cr0 = Control.CR0_PE | Control.CR0_NE | Control.CR0_WP | Control.CR0_AM | Control.CR0_PG;
        state.cr3 = TABLES;
        state.cr4 = Control.CR4_PAE | Control.CR4_FSGSBASE | Control.CR4_UMIP;
        state.efer = Control.EFER_SCE | Control.EFER_LME | Control.EFER_LMA | Control.EFER_NXE;
        state.cpl = 3;
    }

    /** Selectors as Linux gives them to a 64-bit process. */
    private void segments() {
        SegmentState segments = core.state.segments;
        int unusable = SegmentState.UNUSABLE;
        segments.load(Segment.CS, 0x33, 0, -1, 0xfb | SegmentState.LONG | SegmentState.GRANULAR);
        segments.load(Segment.SS, 0x2b, 0, -1, 0xf3 | SegmentState.BIG | SegmentState.GRANULAR);
        for (int segment : new int[] {Segment.DS, Segment.ES, Segment.FS, Segment.GS}) {
            segments.load(segment, 0, 0, 0, unusable);
        }
    }

    /** The processor the cases run on, for tests that want to change its rules of the game. */
    public Core core() {
        return core;
    }

    /** Runs one case as the CPU oracle does. */
    public CpuOutcome run(CpuCase request) {
        prepare(request);
        CpuOutcome outcome = new CpuOutcome();
        int start = CpuCase.CODE + request.codeOffset;
        try {
            Instruction instruction = decode(request);
            execute(request, instruction, start, outcome);
        } catch (Fault fault) {
            core.state.rip = start;
            outcome.vector = fault.vector();
            outcome.errorCode = fault.errorCode();
            outcome.cr2 = fault.vector() == Vector.PF ? fault.linearAddress() : 0;
        }
        collect(request, outcome);
        return outcome;
    }

    /**
     * Runs one case with obstacles taken away, to learn what else stands in the instruction's way.
     *
     * @param pages linear addresses of pages that are present and writable for once; their contents are zero
     * @param ports whether ports may be accessed
     */
    public CpuOutcome runMended(CpuCase request, Set<Long> pages, boolean ports) {
        Map<Long, Long> entries = new HashMap<>();
        for (long page : pages) {
            if (nextTable < TABLES_END) {
                long entry = entry(page);
                entries.put(entry, memory.load64(entry));
                memory.store64(entry, SPARE_FRAME | PRESENT | USER | WRITABLE);
            }
        }
        portsAllowed = ports;
        try {
            return run(request);
        } finally {
            portsAllowed = false;
            entries.forEach(memory::store64);
            memory.write(SPARE_FRAME, new byte[Page.SIZE], 0, Page.SIZE);
            core.memory.flushIfStale();
        }
    }

    /** Repeated string instructions leave RIP where it is until they are done. */
    private void execute(CpuCase request, Instruction instruction, int start, CpuOutcome outcome) {
        int most = (request.flags & CpuCase.RUN_TO_END) != 0
                ? request.maxTraps
                : (request.flags & CpuCase.WITHOUT_TF) != 0 ? Integer.MAX_VALUE : 1;
        int done = 0;
        do {
            core.state.rip = start + instruction.length;
            ((Operation) instruction.opcode).execute(core, instruction);
            done++;
        } while (core.state.rip == start && done < most);
        boolean unfinished = core.state.rip == start && (request.flags & CpuCase.RUN_TO_END) != 0;
        outcome.status = unfinished ? CpuOutcome.LIMIT : CpuOutcome.RAN;
        outcome.vector = (request.flags & CpuCase.WITHOUT_TF) != 0 ? Vector.BP : Vector.DB;
        core.state.rip += (request.flags & CpuCase.WITHOUT_TF) != 0 ? 1 : 0; // the breakpoint has executed
    }

    private void prepare(CpuCase request) {
        CpuState state = core.state;
        System.arraycopy(request.gpr, 0, state.gpr, 0, Gpr.COUNT);
        segments();
        state.segments.base[Segment.FS] = request.fsBase;
        state.segments.base[Segment.GS] = request.gsBase;
        state.rip = CpuCase.CODE + request.codeOffset;
        state.rflags =
                request.rflags & Rflags.WRITABLE & ~(Rflags.TF | Rflags.RF | Rflags.IOPL) | Rflags.IF | Rflags.FIXED;
        state.rflags |= portsAllowed ? Rflags.IOPL : 0;
        memory.write(request.windowAddress, request.window, 0, request.window.length);
        memory.write(CpuCase.CODE + request.codeOffset, request.code, 0, request.code.length);
        if ((request.flags & CpuCase.SECOND_CODE_PAGE) != 0) {
            map(CpuCase.CODE + Page.SIZE, 0);
        } else {
            memory.store64(entry(CpuCase.CODE + Page.SIZE), 0);
        }
        core.modeChanged();
        core.memory.flushIfStale();
    }

    /** The bytes of the case, followed by CC to the end of the code that is present. */
    private Instruction decode(CpuCase request) {
        int at = request.codeOffset;
        int limit = (request.flags & CpuCase.SECOND_CODE_PAGE) != 0 ? CODE_AREA : Page.SIZE;
        System.arraycopy(request.code, 0, code, at, request.code.length);
        try {
            return Decoder.decode(opcodes, code, at, limit, core.mode);
        } catch (Decoder.Truncated e) {
            int fetchByUser = 0x14;
            throw Fault.page(CpuCase.CODE + limit, fetchByUser);
        } finally {
            Arrays.fill(code, at, at + request.code.length, (byte) 0xcc);
        }
    }

    private void collect(CpuCase request, CpuOutcome outcome) {
        CpuState state = core.state;
        System.arraycopy(state.gpr, 0, outcome.gpr, 0, Gpr.COUNT);
        outcome.rflags = state.rflags;
        outcome.rip = state.rip;
        outcome.fsBase = state.segments.base[Segment.FS];
        outcome.gsBase = state.segments.base[Segment.GS];
        System.arraycopy(state.segments.selector, 0, outcome.selectors, 0, outcome.selectors.length);
        outcome.window = new byte[request.window.length];
        memory.read(request.windowAddress, outcome.window, 0, outcome.window.length);
        restore(request, outcome);
    }

    /** Puts memory back and describes what was changed outside the window. */
    private void restore(CpuCase request, CpuOutcome outcome) {
        for (int page = 0; page < WATCHED.length; page++) {
            memory.read(WATCHED[page], watched, page * Page.SIZE, Page.SIZE);
        }
        if (request.window.length > 0) {
            int offset = watchedOffset(request.windowAddress);
            System.arraycopy(pristine, offset, watched, offset, request.window.length);
        }
        int first = Arrays.mismatch(watched, pristine);
        if (first >= 0) {
            describeChanges(first, outcome);
        }
        if (first >= 0) {
            for (int page = first / Page.SIZE; page < WATCHED.length; page++) {
                memory.write(WATCHED[page], pristine, page * Page.SIZE, Page.SIZE);
            }
        }
        if (request.window.length > 0) {
            int offset = watchedOffset(request.windowAddress);
            memory.write(request.windowAddress, pristine, offset, request.window.length);
        }
        memory.write(CpuCase.CODE + request.codeOffset, code, request.codeOffset, request.code.length);
    }

    private void describeChanges(int first, CpuOutcome outcome) {
        int last = watched.length - 1;
        while (watched[last] == pristine[last]) {
            last--;
        }
        long hash = 0xcbf2_9ce4_8422_2325L;
        for (int i = first; i <= last; i++) {
            hash = (hash ^ watched[i] & 0xff) * 0x100_0000_01b3L;
        }
        outcome.changedFirst = WATCHED[first / Page.SIZE] + first % Page.SIZE;
        outcome.changedLast = WATCHED[last / Page.SIZE] + last % Page.SIZE;
        outcome.changedHash = hash;
    }

    private static int watchedOffset(int address) {
        for (int page = 0; page < WATCHED.length; page++) {
            int inPage = address - WATCHED[page];
            if (inPage >= 0 && inPage < Page.SIZE) {
                return page * Page.SIZE + inPage;
            }
        }
        throw new IllegalArgumentException("window outside the watched pages");
    }
}
