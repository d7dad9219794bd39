package io.github.nmi64.op;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.core.Core;
import io.github.nmi64.core.Rules;
import io.github.nmi64.cpu.Cpu;
import io.github.nmi64.guest.EventLog;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.memory.Page;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.SegmentState;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.DeliveredEvent;
import java.util.HexFormat;

/**
 * A processor in long mode with 2 MiB of memory mapped one to one, a GDT with one descriptor of each interesting kind, an
 * IDT whose handlers are HLT instructions, and a TSS. Starts at CPL 0. For one instruction and the checks it makes: it has
 * the words of {@link io.github.nmi64.guest.TestMachine}, but no board, no listing and thus no story to tell.
 */
public final class SystemMachine {
    public static final int KERNEL_CODE = 0x08;
    public static final int KERNEL_DATA = 0x10;
    public static final int TASK = 0x18;
    public static final int USER_CODE32 = 0x28;
    public static final int USER_DATA = 0x30;
    public static final int USER_CODE = 0x38;
    public static final int ABSENT_CODE = 0x40;
    public static final int LONG_AND_BIG_CODE = 0x48;
    public static final int CONFORMING_CODE = 0x50;
    public static final int READ_ONLY_DATA = 0x58;
    public static final int ABSENT_DATA = 0x60;
    public static final int CONFORMING_USER_CODE = 0x68;
    public static final int USER_DATA16 = 0x70;
    public static final int KERNEL_CODE32 = 0x78;
    public static final int SHORT_CODE32 = 0x80;
    public static final int BASED_DATA = 0x88;
    public static final int EXECUTE_ONLY_CODE = 0x90;
    public static final int FREE_SYSTEM = 0x98;
    public static final int RING1_DATA = 0xa8;
    public static final int BEYOND = 0xb0;

    public static final int CODE = 0x10000;
    public static final int USER = 0x18000;
    public static final int STACK = 0x20000;
    public static final int RSP0 = 0x30000;
    public static final int HANDLERS = 0x40000;
    public static final int DATA = 0x50000;
    public static final int GDT = 0x5000;
    public static final int IDT = 0x6000;
    public static final int TSS = 0x7000;
    /** Base of {@link #BASED_DATA}. */
    public static final int BASE = 0x8765_4321;

    public static final long NON_CANONICAL = 0x8000_0000_0000L;

    private static final int PAGE_TABLE = 0x4000;

    public final PhysicalMemory memory = new PhysicalMemory(0x20_0000);
    public final CpuState state = new CpuState();
    public final Core core;
    public final Cpu cpu;
    private final EventLog log = new EventLog(Hex::of);

    public SystemMachine() {
        this(Rules.INTEL);
    }

    public SystemMachine(Rules rules) {
        core = new Core(state, memory, rules, CostModel.UNIT);
        pages();
        descriptors();
        handlers();
        registers();
        cpu = new Cpu(core);
        cpu.sink(log);
        cpu.begin(Long.MAX_VALUE, Long.MAX_VALUE);
    }

    private void pages() {
        memory.store64(0x1000, 0x2007);
        memory.store64(0x2000, 0x3007);
        memory.store64(0x3000, PAGE_TABLE | 7);
        for (int i = 0; i < 512; i++) {
            memory.store64(PAGE_TABLE + 8 * i, (long) i * Page.SIZE | 7);
        }
    }

    /** Takes a page away. */
    public SystemMachine unmap(long address) {
        memory.store64(PAGE_TABLE + 8 * (address >>> 12), 0);
        core.memory.flushIfStale();
        return this;
    }

    /** Eight bytes of a descriptor; {@code flags} are G, D, L, AVL from bit 3 down. */
    public static long descriptor(long base, long limit, int access, int flags) {
        return limit & 0xffff
                | (base & 0xff_ffff) << 16
                | (long) access << 40
                | (limit >>> 16 & 0xf) << 48
                | (long) flags << 52
                | (base >>> 24 & 0xff) << 56;
    }

    /** Replaces a descriptor. */
    public SystemMachine descriptor(int selector, long raw) {
        memory.store64(GDT + (selector & ~7), raw);
        return this;
    }

    public long descriptorAt(int selector) {
        return memory.load64(GDT + (selector & ~7));
    }

    private void descriptors() {
        descriptor(KERNEL_CODE, descriptor(0, 0xfffff, 0x9a, 0xa));
        descriptor(KERNEL_DATA, descriptor(0, 0xfffff, 0x92, 0xc));
        descriptor(TASK, descriptor(TSS, 0x67, 0x89, 0));
        descriptor(USER_CODE32, descriptor(0, 0xfffff, 0xfa, 0xc));
        descriptor(USER_DATA, descriptor(0, 0xfffff, 0xf2, 0xc));
        descriptor(USER_CODE, descriptor(0, 0xfffff, 0xfa, 0xa));
        descriptor(ABSENT_CODE, descriptor(0, 0xfffff, 0x7a, 0xa));
        descriptor(LONG_AND_BIG_CODE, descriptor(0, 0xfffff, 0xfa, 0xe));
        descriptor(CONFORMING_CODE, descriptor(0, 0xfffff, 0x9e, 0xa));
        descriptor(READ_ONLY_DATA, descriptor(0, 0xfffff, 0xf0, 0xc));
        descriptor(ABSENT_DATA, descriptor(0, 0xfffff, 0x72, 0xc));
        descriptor(CONFORMING_USER_CODE, descriptor(0, 0xfffff, 0xfe, 0xa));
        descriptor(USER_DATA16, descriptor(0, 0xffff, 0xf2, 0));
        descriptor(KERNEL_CODE32, descriptor(0, 0xfffff, 0x9a, 0xc));
        descriptor(SHORT_CODE32, descriptor(0, 0xffff, 0xfa, 4));
        descriptor(BASED_DATA, descriptor(BASE, 0xfffff, 0xf2, 0xc));
        descriptor(EXECUTE_ONLY_CODE, descriptor(0, 0xfffff, 0xf8, 0xa));
        descriptor(RING1_DATA, descriptor(0, 0xfffff, 0xb2, 0xc));
        state.gdtBase = GDT;
        state.gdtLimit = BEYOND - 1;
    }

    private void handlers() {
        for (int vector = 0; vector < 256; vector++) {
            gate(vector, KERNEL_CODE, handler(vector), 0x8e, 0);
            memory.write(handler(vector), new byte[] {(byte) 0xf4}, 0, 1);
        }
        state.idtBase = IDT;
        state.idtLimit = 0xfff;
        memory.store64(TSS + 4, RSP0);
    }

    /** Entry point of a vector's handler. */
    public static long handler(int vector) {
        return HANDLERS + 16L * vector;
    }

    /** Sets an IDT gate. {@code access} is byte 5: P, DPL, type. */
    public SystemMachine gate(int vector, int selector, long offset, int access, int ist) {
        long low = offset & 0xffff | (long) selector << 16 | (long) ist << 32 | (long) access << 40;
        memory.store64(IDT + 16 * vector, low | (offset >>> 16 & 0xffff) << 48);
        memory.store64(IDT + 16 * vector + 8, offset >>> 32);
        return this;
    }

    private void registers() {
        state.cr0 = Control.CR0_PE | Control.CR0_ET | Control.CR0_NE | Control.CR0_WP | Control.CR0_PG;
        state.cr3 = 0x1000;
        state.cr4 = Control.CR4_PAE;
        state.efer = Control.EFER_SCE | Control.EFER_LME | Control.EFER_LMA | Control.EFER_NXE;
        for (int segment : new int[] {Segment.DS, Segment.ES, Segment.FS, Segment.GS}) {
            state.segments.load(segment, 0, 0, 0, SegmentState.UNUSABLE);
        }
        state.segments.load(Segment.TR, TASK, TSS, 0x67, 0x8b);
        state.segments.load(Segment.LDTR, 0, 0, 0, SegmentState.UNUSABLE);
        state.gpr[Gpr.RSP] = STACK;
        mode(KERNEL_CODE, KERNEL_DATA, 0);
    }

    /** Loads CS and SS from the GDT without checks, and CPL. */
    public SystemMachine mode(int cs, int ss, int cpl) {
        load(Segment.CS, cs | cpl);
        load(Segment.SS, ss | cpl);
        state.cpl = cpl;
        core.modeChanged();
        return this;
    }

    private void load(int segment, int selector) {
        long raw = descriptorAt(selector);
        long limit = (raw & 0xffff | raw >>> 32 & 0xf_0000) << 12 | 0xfff;
        state.segments.load(segment, selector, 0, limit, (int) (raw >>> 40) & 0xf0ff | 1);
    }

    public SystemMachine user() {
        return mode(USER_CODE, USER_DATA, 3);
    }

    public SystemMachine user32() {
        return mode(USER_CODE32, USER_DATA, 3);
    }

    public SystemMachine kernel32() {
        return mode(KERNEL_CODE32, KERNEL_DATA, 0);
    }

    /** Puts instructions, in hexadecimal, at {@link #CODE} and continues there. */
    public SystemMachine code(String hex) {
        return code(CODE, hex);
    }

    public SystemMachine code(long address, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        memory.write(address, bytes, 0, bytes.length);
        state.rip = address;
        core.memory.flushIfStale();
        return this;
    }

    /** Replaces RFLAGS. */
    public SystemMachine flags(long value) {
        core.rflags(value | 2);
        return this;
    }

    /** Puts a frame on the stack, its first slot at the top, {@code bits} bits each. */
    public SystemMachine frame(int bits, long... values) {
        long at = state.gpr[Gpr.RSP];
        for (long value : values) {
            byte[] bytes = new byte[bits / 8];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (value >>> 8 * i);
            }
            memory.write(at, bytes, 0, bytes.length);
            at += bytes.length;
        }
        core.memory.flushIfStale();
        return this;
    }

    /** An NMI has been delivered and another waits. */
    public SystemMachine nmiWaiting() {
        state.interrupts.nmiBlocked = true;
        state.interrupts.nmiLatched = true;
        core.refreshAttention();
        return this;
    }

    /** One step: an instruction, a fault or a delivery; twice if the boundary delivers first. */
    public SystemMachine step() {
        cpu.step();
        return this;
    }

    /** Steps and expects no delivery. */
    public SystemMachine succeed() {
        int before = log.deliveries().size();
        cpu.step();
        if (log.deliveries().size() != before) {
            throw new AssertionError("unexpected delivery " + last());
        }
        return this;
    }

    /** The events so far. */
    public EventLog log() {
        return log;
    }

    /** The latest delivery. */
    public DeliveredEvent last() {
        return log.deliveries().get(log.deliveries().size() - 1);
    }

    /** Sets a general-purpose register. */
    public SystemMachine set(int register, long value) {
        state.gpr[register] = value;
        return this;
    }

    /** A general-purpose register. */
    public long reg(int register) {
        return state.gpr[register];
    }

    /** Writes a quadword of memory. */
    public SystemMachine store(long address, long value) {
        memory.store64(address, value);
        return this;
    }

    /** A quadword of memory. */
    public long load(long address) {
        return memory.load64(address);
    }

    /** True if NMIs are blocked. */
    public boolean blocked() {
        return state.interrupts.nmiBlocked;
    }

    /** One step, and the event it ended in: {@code ok} for none, {@code #GP(0x10)}, {@code #UD}. */
    public String event() {
        int before = log.deliveries().size();
        cpu.step();
        if (log.deliveries().size() == before) {
            return "ok";
        }
        DeliveredEvent event = log.deliveries().get(before);
        String name = Vector.name(event.vector());
        return event.hasErrorCode() ? name + "(0x" + Integer.toHexString(event.errorCode()) + ")" : name;
    }
}
