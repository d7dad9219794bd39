package io.github.nmi64.guest;

import io.github.nmi64.core.Rules;
import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.machine.BootImage;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.memory.Page;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.SegmentState;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.DeliveredEvent;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A machine that runs a {@link GuestProgram} a boundary at a time. Events are raised between steps, that is, after one
 * instruction and before the boundary that follows it; commands return the machine, so that a test reads as a sentence:
 * {@code machine.at("handler").nmi().step()}.
 */
public final class TestMachine {
    /** More steps than any test's program takes. */
    public static final int MOST_STEPS = 100_000;

    private final Machine machine;
    private final Map<String, Long> labels;
    private final EventLog log = new EventLog(this::name);

    TestMachine(BootImage image, Rules rules, CostModel costs, long[][] gates, Map<String, Long> labels) {
        this.machine = new Machine(image, rules, costs);
        this.labels = Map.copyOf(labels);
        descriptors();
        task();
        for (int vector = 0; vector < gates.length; vector++) {
            store(GuestProgram.IDT + 16L * vector, gates[vector][0]);
            store(GuestProgram.IDT + 16L * vector + 8, gates[vector][1]);
        }
        CpuState state = machine.state();
        state.idtBase = GuestProgram.IDT;
        state.idtLimit = 256 * 16 - 1;
        state.star = (long) GuestProgram.USER_CODE32 << 48 | (long) GuestProgram.KERNEL_CODE << 32;
        machine.cpu().sink(log);
        changed();
    }

    private void descriptors() {
        machine.state().gdtBase = GuestProgram.GDT;
        machine.state().gdtLimit = Page.SIZE - 1;
        descriptor(GuestProgram.KERNEL_CODE, 0x00af_9b00_0000_ffffL);
        descriptor(GuestProgram.KERNEL_DATA, 0x00cf_9300_0000_ffffL);
        descriptor(GuestProgram.USER_CODE32, 0x00cf_fb00_0000_ffffL);
        descriptor(GuestProgram.USER_STACK_SEGMENT, 0x00cf_f300_0000_ffffL);
        descriptor(GuestProgram.USER_CODE, 0x00af_fb00_0000_ffffL);
        descriptor(GuestProgram.KERNEL_CODE32, 0x00cf_9b00_0000_ffffL);
        descriptor(GuestProgram.TASK, 0x0000_8b00_0000_0000L | GuestProgram.TSS << 16 | GuestProgram.TSS_LIMIT);
    }

    private void task() {
        store(GuestProgram.TSS + 4, GuestProgram.RSP0);
        for (int ist = 1; ist <= 7; ist++) {
            store(GuestProgram.TSS + 28 + 8 * ist, GuestProgram.istTop(ist));
        }
        machine.state().segments.load(Segment.TR, GuestProgram.TASK, GuestProgram.TSS, GuestProgram.TSS_LIMIT, 0x8b);
    }

    /** Writes a descriptor of the GDT. */
    public TestMachine descriptor(int selector, long value) {
        return store(GuestProgram.GDT + (selector & ~7), value);
    }

    // ---- state before the run, or changed by hand between two steps

    /** Sets a general-purpose register. */
    public TestMachine set(int register, long value) {
        machine.state().gpr[register] = value;
        return this;
    }

    /** Sets flags besides those that are set. */
    public TestMachine raise(long flags) {
        machine.state().rflags |= flags;
        return changed();
    }

    /** Continues at a label. */
    public TestMachine jumpTo(String label) {
        machine.state().rip = address(label);
        machine.state().interrupts.endRepetition();
        return this;
    }

    /** Goes on at CPL 3 with the user's listing, its stack, and interrupts as they are. */
    public TestMachine enterUser() {
        CpuState state = machine.state();
        state.segments.load(Segment.CS, GuestProgram.USER_CODE, 0, 0xffff_ffffL, 0xa0fb);
        state.segments.load(Segment.SS, GuestProgram.USER_STACK_SEGMENT, 0, 0xffff_ffffL, 0xc0f3);
        for (int segment : new int[] {Segment.DS, Segment.ES}) {
            state.segments.load(segment, 0, 0, 0, SegmentState.UNUSABLE);
        }
        state.cpl = 3;
        state.rip = GuestProgram.USER;
        state.gpr[Gpr.RSP] = GuestProgram.USER_STACK;
        return changed();
    }

    /** Arms a breakpoint of the debug registers. */
    public TestMachine breakpoint(int number, long address, int kind, int size) {
        CpuState state = machine.state();
        state.dr[number] = address;
        int length = size == 8 ? 2 : size - 1;
        state.dr7 |= 1L << 2 * number | (long) (kind | length << 2) << 16 + 4 * number;
        return changed();
    }

    /** Writes a quadword of memory. */
    public TestMachine store(long address, long value) {
        for (int i = 0; i < 8; i++) {
            byte[] one = {(byte) (value >>> 8 * i)};
            machine.memory().write(machine.translate(address + i).orElseThrow(), one, 0, 1);
        }
        return this;
    }

    /** Writes bytes given in hexadecimal. */
    public TestMachine bytes(long address, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        machine.memory().write(machine.translate(address).orElseThrow(), bytes, 0, bytes.length);
        return this;
    }

    /** Takes bits of the last-level page table entry away: 1 present, 2 writable, 4 user. */
    public TestMachine withdraw(long address, long bits) {
        long entry = pageEntry(address);
        machine.memory().store64(entry, machine.memory().load64(entry) & ~bits);
        return changed();
    }

    /** Replaces the last-level page table entry of an address. */
    public TestMachine map(long address, long entry) {
        machine.memory().store64(pageEntry(address), entry);
        return changed();
    }

    /** Gives them back. */
    public TestMachine grant(long address, long bits) {
        long entry = pageEntry(address);
        machine.memory().store64(entry, machine.memory().load64(entry) | bits);
        return changed();
    }

    /** Physical address of the page table entry of a linear address. */
    public long pageEntry(long linear) {
        long table = machine.state().cr3;
        for (int shift = 39; shift > 12; shift -= 9) {
            table = machine.memory().load64(table + (linear >>> shift & 0x1ff) * 8) & 0x000f_ffff_ffff_f000L;
        }
        return table + (linear >>> 12 & 0x1ff) * 8;
    }

    /** Tells the processor that something was changed behind its back; begins a run without limits. */
    public TestMachine changed() {
        machine.core().memory.flush();
        machine.cpu().begin(Long.MAX_VALUE, Long.MAX_VALUE);
        return this;
    }

    // ---- events

    /** One edge on the NMI line, which falls again at the next boundary. */
    public TestMachine nmi() {
        machine.cpu().inputs().pulseNmi();
        return this;
    }

    /** Drives the NMI line. */
    public TestMachine nmiLine(boolean high) {
        machine.cpu().inputs().setNmiLine(high);
        return this;
    }

    /** Requests a maskable interrupt. */
    public TestMachine interrupt(int vector) {
        machine.cpu().inputs().interrupt(vector);
        return this;
    }

    /** Signals a machine check. */
    public TestMachine machineCheck() {
        machine.cpu().inputs().machineCheck();
        return this;
    }

    // ---- running

    /**
     * One step: an instruction, an iteration, a fault or a delivery.
     *
     * @throws AssertionError if the run has ended
     */
    public TestMachine step() {
        if (!machine.cpu().step()) {
            throw new AssertionError("the run ended at " + place() + ": " + outcome());
        }
        return this;
    }

    /** Several steps. */
    public TestMachine steps(int count) {
        for (int i = 0; i < count; i++) {
            step();
        }
        return this;
    }

    /** Steps until the instruction at the label is the next one; at least one step. */
    public TestMachine at(String label) {
        long address = address(label);
        int steps = 0;
        do {
            step();
            if (++steps > MOST_STEPS) {
                throw new AssertionError("never came to " + label + "; now at " + place());
            }
        } while (machine.state().rip != address);
        return this;
    }

    /** Runs until nothing can happen any more or the guest exits. */
    public TestMachine run() {
        for (int i = 0; machine.cpu().step(); i++) {
            if (i > MOST_STEPS) {
                throw new AssertionError("does not end; now at " + place());
            }
        }
        return this;
    }

    // ---- what came of it

    /** The events so far. */
    public EventLog log() {
        return log;
    }

    /** Shorthand for the log's story. */
    public List<String> story() {
        return log.story();
    }

    /** The latest delivery. */
    public DeliveredEvent last() {
        List<DeliveredEvent> deliveries = log.deliveries();
        if (deliveries.isEmpty()) {
            throw new AssertionError("nothing was delivered");
        }
        return deliveries.get(deliveries.size() - 1);
    }

    /** A general-purpose register. */
    public long reg(int register) {
        return machine.state().gpr[register];
    }

    /** The registers. */
    public CpuState state() {
        return machine.state();
    }

    /** The machine behind it. */
    public Machine machine() {
        return machine;
    }

    /** Why {@link #run} ended. */
    public Outcome outcome() {
        return machine.cpu().outcome();
    }

    /** True if an NMI waits. */
    public boolean latched() {
        return machine.state().interrupts.nmiLatched;
    }

    /** True if NMIs are blocked. */
    public boolean blocked() {
        return machine.state().interrupts.nmiBlocked;
    }

    /** A quadword of memory. */
    public long load(long address) {
        return machine.peek(address).orElseThrow();
    }

    /** Slot of the innermost frame without error code: 0 RIP, 1 CS, 2 RFLAGS, 3 RSP, 4 SS. */
    public long frame(int slot) {
        return load(last().frame() + (last().hasErrorCode() ? 8 : 0) + 8L * slot);
    }

    /** Address of a label. */
    public long address(String label) {
        Long address = labels.get(label);
        if (address == null) {
            throw new IllegalArgumentException("no label " + label + " in " + labels.keySet());
        }
        return address;
    }

    /** Where the next instruction stands, in terms of the labels. */
    public String place() {
        return name(machine.state().rip);
    }

    /** An address as label and offset. */
    public String name(long address) {
        String nearest = null;
        long distance = 0x1000;
        for (Map.Entry<String, Long> label : labels.entrySet()) {
            long offset = address - label.getValue();
            if (offset >= 0 && (offset < distance || offset == distance && precedes(label.getKey(), nearest))) {
                nearest = label.getKey();
                distance = offset;
            }
        }
        String suffix = distance == 0 ? "" : "+" + distance;
        return nearest == null ? "0x" + Long.toHexString(address) : nearest + suffix;
    }

    /** A handler's own labels before the name every handler has. */
    private static boolean precedes(String label, String other) {
        return other == null || !label.endsWith("_handler") && other.endsWith("_handler");
    }
}
