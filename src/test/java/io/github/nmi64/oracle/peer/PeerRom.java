package io.github.nmi64.oracle.peer;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.memory.Page;
import io.github.nmi64.state.CpuState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A boot ROM that brings a PC to the state of a machine at reset: every page of RAM that is not zero, page tables and GDT
 * included, and {@code scripts/peers/shim.S}, which copies them and makes the processor what it is to be.
 *
 * <p>Frames have the same physical addresses as in nmi64, so CR3, the GDT and the frames agree too. What is added is
 * mapped from 120 MiB up, where no image lies: the shim's page, for CPL 0 and for CPL 3, and the local APIC.
 */
final class PeerRom {
    /** MiB of RAM that the PC needs. */
    static final int RAM_MIB = 128;

    private static final long STAGE = 0x07e0_0000;
    private static final long STAGE_FOR_USER = 0x07c0_0000;
    private static final long APIC_FOR_USER = 0x07a0_0000;
    private static final long APIC = 0x0780_0000;
    private static final long SEND = 0x60;
    private static final long OUT = 0x68;
    private static final long STD = 0x70;
    private static final long INTERRUPT_COMMAND = 0x300;
    private static final long ASSERT = 0x4000;
    private static final long AS_NMI = 0x400;
    private static final long LOCAL_APIC = 0xfee0_0000L;
    private static final long LARGE = 0xe3; // present, writable, accessed, dirty, 2 MiB
    private static final long UNCACHED = 0x18;
    private static final long USER = 4;
    private static final int ROM_UNIT = 64 << 10;
    private static final int PAIR = 8;

    private final Machine machine;
    private final byte[] shim;
    private final boolean timer;

    private PeerRom(Machine machine, byte[] shim, boolean timer) {
        this.machine = machine;
        this.shim = shim;
        this.timer = timer;
    }

    /**
     * Writes the ROM for a machine at reset.
     *
     * @param shim the assembled shim, one page
     * @param timer whether the interval timer, once it gets a count, is to raise an NMI
     */
    static void write(Machine machine, byte[] shim, boolean timer, Path file) throws IOException {
        if (shim.length != Page.SIZE) {
            throw new IllegalArgumentException("the shim has " + shim.length + " bytes, not " + Page.SIZE);
        }
        Files.write(file, new PeerRom(machine, shim, timer).bytes());
    }

    /** Linear address of the instruction {@code mov %eax, (%rbx)}. */
    static long send(boolean user) {
        return SEND + (user ? STAGE_FOR_USER : STAGE);
    }

    /** Linear address of the instruction {@code out %al, (%dx)}, for CPL 0. */
    static long out() {
        return STAGE + OUT;
    }

    /** Linear address of the instruction {@code std}. */
    static long std(boolean user) {
        return STD + (user ? STAGE_FOR_USER : STAGE);
    }

    /** Linear address of the local APIC's interrupt command register (SDM vol. 3, 10.6.1). */
    static long interruptCommand(boolean user) {
        return INTERRUPT_COMMAND + (user ? APIC_FOR_USER : APIC);
    }

    /** What to write there for an NMI to the processor itself. */
    static long nmi() {
        return ASSERT | AS_NMI;
    }

    /** What to write there for a maskable interrupt to the processor itself. */
    static long interrupt(int vector) {
        return ASSERT | vector;
    }

    private byte[] bytes() {
        long directory = directory();
        List<Long> frames = new ArrayList<>();
        byte[] page = new byte[Page.SIZE];
        for (long frame = 0; frame < machine.memory().size(); frame += Page.SIZE) {
            machine.memory().read(frame, page, 0, Page.SIZE);
            if (!isZero(page)) {
                frames.add(frame);
            }
        }
        int table = frames.size() * Page.SIZE;
        int used = table + frames.size() * PAIR + Page.SIZE;
        ByteBuffer rom =
                ByteBuffer.allocate((used + ROM_UNIT - 1) / ROM_UNIT * ROM_UNIT).order(ByteOrder.LITTLE_ENDIAN);
        int base = -rom.capacity(); // a ROM ends at 4 GiB
        for (int i = 0; i < frames.size(); i++) {
            machine.memory().read(frames.get(i), page, 0, Page.SIZE);
            rom.put(i * Page.SIZE, page);
            rom.putInt(table + i * PAIR, frames.get(i).intValue());
            rom.putInt(table + i * PAIR + 4, base + i * Page.SIZE);
            if (frames.get(i) == directory) {
                addMappings(rom, i * Page.SIZE);
            }
        }
        putShim(rom, base + table, frames.size());
        return rom.array();
    }

    private static boolean isZero(byte[] page) {
        for (byte value : page) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }

    /** Physical address of the page directory of the first GiB. */
    private long directory() {
        long pointers = machine.memory().load64(machine.state().cr3) & -Page.SIZE;
        return machine.memory().load64(pointers) & -Page.SIZE;
    }

    private static void addMappings(ByteBuffer rom, int directory) {
        putLarge(rom, directory, STAGE, STAGE | LARGE);
        putLarge(rom, directory, STAGE_FOR_USER, STAGE | LARGE | USER);
        putLarge(rom, directory, APIC, LOCAL_APIC | LARGE | UNCACHED);
        putLarge(rom, directory, APIC_FOR_USER, LOCAL_APIC | LARGE | UNCACHED | USER);
    }

    private static void putLarge(ByteBuffer rom, int directory, long linear, long entry) {
        int at = directory + (int) (linear >>> 21) * 8;
        if (rom.getLong(at) != 0) {
            throw new IllegalStateException("the image uses linear address 0x" + Long.toHexString(linear));
        }
        rom.putLong(at, entry);
    }

    private void putShim(ByteBuffer rom, int table, int pages) {
        CpuState state = machine.state();
        int at = rom.capacity() - Page.SIZE;
        rom.put(at, shim);
        rom.putLong(at, table & 0xffff_ffffL);
        rom.putLong(at + 8, pages);
        rom.putLong(at + 16, state.rip);
        rom.putLong(at + 24, state.gpr[Gpr.RSP]);
        rom.putLong(at + 32, state.cr3);
        rom.putLong(at + 40, state.cr4);
        rom.putShort(at + 48, (short) state.gdtLimit);
        rom.putLong(at + 50, state.gdtBase);
        rom.putLong(at + 64, timer ? 1 : 0);
    }
}
