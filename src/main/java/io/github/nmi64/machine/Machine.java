package io.github.nmi64.machine;

import io.github.nmi64.core.Attention;
import io.github.nmi64.core.Core;
import io.github.nmi64.core.Rules;
import io.github.nmi64.cpu.Cpu;
import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.device.PortMap;
import io.github.nmi64.image.ElfImage;
import io.github.nmi64.image.LoadSegment;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Unsupported;
import io.github.nmi64.memory.Page;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.op.InstructionSet;
import io.github.nmi64.paging.PageWalker;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.timing.CostModel;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A complete machine at reset: one processor in 64-bit mode at CPL 0, RAM, page tables and a GDT in RAM, a serial port, a
 * debug console and an exit port. See the machine contract in the documentation for every register.
 *
 * <p>Deterministic: the same image, rules, costs and arrivals give the same run. Not safe for use by several threads;
 * snapshots may be passed between machines and threads.
 *
 * <pre>
 * byte[] code = {(byte) 0x90, (byte) 0xf4}; // nop; hlt
 * BootImage image = new BootImage(0x400000).segment(0x400000, code, code.length);
 * Machine machine = new Machine(image, Rules.INTEL, CostModel.UNIT);
 * machine.cpu().step();
 * machine.cpu().inputs().latchNmi();
 * long rip = machine.state().rip; // 0x400001, the boundary at which the NMI will be delivered
 * </pre>
 */
public final class Machine {
    private final PhysicalMemory memory;
    private final CpuState state = new CpuState();
    /** Its CR3 maps, to a debugger, what the tables in use do not; 0 if nothing does. */
    private final CpuState tables = new CpuState();

    private final Core core;
    private final Cpu cpu;
    private final PortMap ports;

    /** Everything about a machine at one moment. Immutable; may be restored into any machine of the same image. */
    public static final class Snapshot {
        private final CpuState state = new CpuState();
        private final PhysicalMemory.Snapshot memory;
        private final PortMap.Snapshot ports;
        private final long now;
        private final long retired;
        private final int attention;

        private Snapshot(Machine machine) {
            state.copyFrom(machine.state);
            memory = machine.memory.snapshot();
            ports = machine.ports.snapshot();
            now = machine.core.clock.now;
            retired = machine.core.retired;
            attention = machine.core.attention;
        }
    }

    /**
     * A machine at reset with the image loaded.
     *
     * @throws BootImageException if the image does not fit
     */
    public Machine(BootImage image, Rules rules, CostModel costs) {
        Reset reset = image.reset();
        memory = reset.memory();
        reset.into(state);
        tables.cr3 = reset.tables();
        core = new Core(state, memory, rules, costs);
        ports = new PortMap(() -> core.attend(Attention.EXIT, true));
        image.choosePorts(ports);
        core.ports = ports;
        core.modeChanged();
        cpu = new Cpu(core);
    }

    /** The processor: pins, arrivals, sink, single steps. */
    public Cpu cpu() {
        return cpu;
    }

    /** The registers. */
    public CpuState state() {
        return state;
    }

    /** Clock and counters. */
    public Core core() {
        return core;
    }

    /** The devices and what the guest sent to them. */
    public PortMap ports() {
        return ports;
    }

    /** Physical memory. */
    public PhysicalMemory memory() {
        return memory;
    }

    /** Runs until the guest ends or a limit (total retired instructions, clock) is reached. */
    public Outcome run(long maxInstructions, long maxCycles) {
        return cpu.run(maxInstructions, maxCycles);
    }

    /** Remembers everything; costs what changed since the last snapshot, not the size of memory. */
    public Snapshot snapshot() {
        Snapshot snapshot = new Snapshot(this);
        core.memory.flush(); // pages that were plain to write are shared now
        return snapshot;
    }

    /** Goes back to a snapshot. Sink and arrivals stay attached and are not part of it. */
    public void restore(Snapshot snapshot) {
        state.copyFrom(snapshot.state);
        memory.restore(snapshot.memory);
        ports.restore(snapshot.ports);
        core.clock.now = snapshot.now;
        core.retired = snapshot.retired;
        core.clock.due = snapshot.now; // the next look around was planned for another time
        core.attend(Attention.EXIT, (snapshot.attention & Attention.EXIT) != 0);
        core.memory.flush();
        core.modeChanged();
    }

    /**
     * Reads a quadword at a linear address as a debugger would: no rights are checked, accessed bits are left alone.
     *
     * @return empty if a byte of it is not mapped
     */
    public OptionalLong peek(long linear) {
        if (((int) linear & Page.SIZE - 1) <= Page.SIZE - Long.BYTES) {
            OptionalLong physical = translate(linear);
            return physical.isEmpty() ? physical : OptionalLong.of(peekPhysical(physical.getAsLong(), Long.BYTES));
        }
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            OptionalLong physical = translate(linear + i);
            if (physical.isEmpty()) {
                return physical;
            }
            value |= peekPhysical(physical.getAsLong(), 1) << 8 * i;
        }
        return OptionalLong.of(value);
    }

    /** The instruction at a linear address, decoded for the present mode; empty if there is none or it is not mapped. */
    public Optional<Instruction> instruction(long linear) {
        byte[] bytes = new byte[Decoder.MAX_LENGTH];
        int length = 0;
        while (length < bytes.length) {
            OptionalLong physical = translate(linear + length);
            if (physical.isEmpty()) {
                break;
            }
            memory.read(physical.getAsLong(), bytes, length++, 1);
        }
        try {
            return Optional.of(Decoder.decode(InstructionSet.map(core.rules.vendor()), bytes, 0, length, core.mode));
        } catch (Decoder.Truncated | Fault | Unsupported none) {
            return Optional.empty();
        }
    }

    private long peekPhysical(long address, int size) {
        Page page = memory.page(address >>> 12);
        memory.marks().noteInspection(page, address, size);
        int offset = (int) address & Page.SIZE - 1;
        return size == 1 ? page.load8(offset) : page.load64(offset);
    }

    /** Physical address of a linear one, for a debugger; empty if neither the tables in use map it nor those of a dump. */
    public OptionalLong translate(long linear) {
        OptionalLong now = new PageWalker(state, memory).probe(linear);
        return now.isPresent() || tables.cr3 == 0 ? now : new PageWalker(tables, memory).probe(linear);
    }

    /** A linear address of a physical one: the first within the image's segments, else itself if that is mapped one to one. */
    public OptionalLong linear(ElfImage image, long physical) {
        for (LoadSegment segment : image.segments()) {
            long end = segment.address() + segment.memorySize();
            for (long page = segment.address() & -Page.SIZE; page - end < 0; page += Page.SIZE) {
                OptionalLong at = translate(page);
                if (at.isPresent() && at.getAsLong() >>> 12 == physical >>> 12) {
                    return OptionalLong.of(page | physical & Page.SIZE - 1);
                }
            }
        }
        OptionalLong itself = translate(physical);
        return itself.isPresent() && itself.getAsLong() == physical ? itself : OptionalLong.empty();
    }
}
