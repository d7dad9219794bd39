package io.github.nmi64.oracle.peer;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * QEMU's own translator, stepped through its debugger stub. NMIs come by the monitor's command, so they need no
 * instruction of their own. The image's GPRs are borrowed only to request a maskable interrupt.
 */
final class QemuPeer implements Peer {
    static final String PROGRAM = "qemu-system-x86_64";

    private static final long PATIENCE_MILLIS = 120_000;
    private static final long HALT_MILLIS = 400;
    private static final String STOPPED_BY_US = "T02";
    private static final String SHUT_DOWN = "T03";
    /** How the stub orders registers: GPRs, RIP, then 32-bit flags and selectors, then 64-bit bases and control registers. */
    private static final int[] GPR_ORDER = {0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};

    private static final int[] SELECTOR_ORDER = {Segment.CS, Segment.SS, Segment.DS, Segment.ES, Segment.FS, Segment.GS
    };
    private static final int RAX = 0;
    private static final int RBX = 1;
    private static final int RIP = 16;
    private static final int RFLAGS = 17;
    /** Steps with interrupts and time; with neither, for what the image is not to notice. */
    private static final String PLAIN_STEPS = "Qqemu.sstep=1";

    private static final String QUIET_STEPS = "Qqemu.sstep=7";

    private static final byte HLT = (byte) 0xf4;

    private final Process process;
    private final GdbRemote stub;
    private final Path serial;

    /** The registers, until something changes them. */
    private @Nullable Registers known;
    /** The processor is in HLT, so a step ends with the event that wakes it, if one does. */
    private boolean asleep;

    private QemuPeer(Process process, Path serial) {
        this.process = process;
        this.stub = new GdbRemote(
                new BufferedInputStream(process.getInputStream()), process.getOutputStream(), process::isAlive);
        this.serial = serial;
    }

    /** Starts QEMU with the ROM and runs to an address of the image. */
    static QemuPeer start(Path rom, Path scratch, long address) throws IOException {
        Path serial = scratch.resolve("qemu-serial");
        List<String> command = List.of(
                PROGRAM,
                "-machine",
                "pc",
                "-accel",
                "tcg",
                "-cpu",
                "max,vendor=GenuineIntel",
                "-m",
                String.valueOf(PeerRom.RAM_MIB),
                "-nodefaults",
                "-display",
                "none",
                "-bios",
                rom.toString(),
                "-device",
                "isa-debug-exit,iobase=0xf4,iosize=4",
                "-serial",
                "file:" + serial,
                "-action",
                "reboot=shutdown,shutdown=pause",
                "-S",
                "-gdb",
                "stdio");
        Process process = new ProcessBuilder(command)
                .redirectError(scratch.resolve("qemu-log").toFile())
                .start();
        QemuPeer peer = new QemuPeer(process, serial);
        try {
            peer.reach(address);
        } catch (IOException e) {
            process.destroyForcibly();
            throw new IOException("QEMU: " + e.getMessage() + ": " + Files.readString(scratch.resolve("qemu-log")), e);
        }
        return peer;
    }

    private void reach(long address) throws IOException {
        stub.ask("qXfer:features:read:target.xml:0,800"); // or it lets nobody set a register
        stub.order(PLAIN_STEPS);
        String breakpoint = "1," + Long.toHexString(address) + ",1";
        stub.order("Z" + breakpoint);
        resume("c", PATIENCE_MILLIS);
        stub.order("z" + breakpoint);
        if (registers().get(Registers.RIP) != address) {
            throw new IOException("it does not reach 0x" + Long.toHexString(address));
        }
    }

    @Override
    public Registers registers() throws IOException {
        if (known != null) {
            return known;
        }
        byte[] bytes = HexFormat.of().parseHex(stub.ask("g"));
        ByteBuffer values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        Registers registers = new Registers();
        for (int gpr : GPR_ORDER) {
            registers.set(gpr, values.getLong());
        }
        registers.set(Registers.RIP, values.getLong());
        registers.set(Registers.RFLAGS, values.getInt() & 0xffff_ffffL);
        for (int selector : SELECTOR_ORDER) {
            registers.set(Registers.SELECTORS + selector, values.getInt() & 0xffff);
        }
        registers.set(Registers.FS_BASE, values.getLong());
        registers.set(Registers.GS_BASE, values.getLong());
        registers.set(Registers.KERNEL_GS_BASE, values.getLong());
        values.getLong(); // CR0
        registers.set(Registers.CR2, values.getLong());
        known = registers;
        return registers;
    }

    @Override
    public Stop step() throws IOException {
        long before = registers().get(Registers.RIP);
        while (true) {
            String answer;
            try {
                answer = resume("s", HALT_MILLIS);
            } catch (EOFException e) {
                return Stop.EXIT;
            }
            if (answer.startsWith(SHUT_DOWN)) {
                return Stop.SHUTDOWN;
            }
            long now = registers().get(Registers.RIP);
            if (!answer.startsWith(STOPPED_BY_US)) {
                asleep = false;
                return Stop.BOUNDARY;
            }
            asleep = now == before ? asleep : now == before + 1 && memory(before, 1)[0] == HLT;
            if (asleep || now != before) {
                return asleep ? Stop.HALTED : Stop.BOUNDARY;
            }
            // a busy host: stopped before the step was made
        }
    }

    /** {@inheritDoc} The exit device makes QEMU end with twice the value plus one, of which eight bits are left. */
    @Override
    public boolean hasExitedWith(long value) throws IOException {
        return end() == (value << 1 & 0xfe | 1);
    }

    @Override
    public void raiseNmi() throws IOException {
        stub.monitor("nmi");
    }

    @Override
    public void raiseInterrupt(int vector) throws IOException {
        Registers before = registers();
        boolean user = (before.get(Registers.CS) & 3) == 3;
        stub.order(QUIET_STEPS);
        set(RIP, PeerRom.send(user));
        set(RAX, PeerRom.interrupt(vector));
        set(RBX, PeerRom.interruptCommand(user));
        resume("s", PATIENCE_MILLIS);
        set(RIP, before.get(Registers.RIP));
        set(RAX, before.get(Gpr.RAX));
        set(RBX, before.get(Gpr.RBX));
        stub.order(PLAIN_STEPS);
    }

    private String resume(String how, long millis) throws IOException {
        known = null;
        return stub.resume(how, millis);
    }

    private void set(int register, long value) throws IOException {
        known = null;
        String hex = HexFormat.of().toHexDigits(Long.reverseBytes(value));
        stub.order("P" + Integer.toHexString(register) + "=" + hex);
    }

    @Override
    public void setRax(long value) throws IOException {
        set(RAX, value);
    }

    @Override
    public void setFlags(long rflags) throws IOException {
        known = null;
        stub.order("P" + Integer.toHexString(RFLAGS) + "="
                + HexFormat.of().toHexDigits(Integer.reverseBytes((int) rflags)));
    }

    @Override
    public boolean raiseNmiInHalt() {
        return false;
    }

    @Override
    public boolean runsIntoHandlers() {
        return false;
    }

    @Override
    public byte[] memory(long linear, int length) throws IOException {
        ByteBuffer all = ByteBuffer.allocate(length);
        while (all.hasRemaining()) {
            int part = Math.min(all.remaining(), 1024);
            String answer = stub.ask("m" + Long.toHexString(linear + all.position()) + "," + Integer.toHexString(part));
            all.put(HexFormat.of().parseHex(answer));
        }
        return all.array();
    }

    @Override
    public String serial() throws IOException {
        return Files.readString(serial, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        end();
    }

    private int end() throws IOException {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            throw new IOException("interrupted while QEMU ends", e);
        }
    }
}
