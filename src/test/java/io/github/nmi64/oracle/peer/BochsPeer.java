package io.github.nmi64.oracle.peer;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.state.Rflags;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Bochs, stepped through its debugger. The debugger has no command for an NMI, so for one instruction the image's RIP and
 * two registers are borrowed to write the local APIC's interrupt command; the boundary is the same as before, and the NMI
 * waits there. What that instruction takes with it is an interrupt shadow.
 */
final class BochsPeer implements Peer {
    static final String PROGRAM = "bochs-bin";

    private static final long HALT_NANOS = 1_000_000_000;
    private static final long PATIENCE_NANOS = 120_000_000_000L;
    private static final int OUT_LENGTH = 2;
    private static final int TIMER_PORT = 0x40;
    /** Long enough for HLT to execute first. */
    private static final int TIMER_COUNT = 2_000;

    private static final long PROMPT_NANOS = 500_000;
    private static final Pattern PROMPT = Pattern.compile("<bochs:\\d+> ");
    private static final Pattern GENERAL = Pattern.compile("(r[a-z0-9]{1,2}) ?: ([0-9a-f]{8})_([0-9a-f]{8})");
    private static final Pattern FLAGS = Pattern.compile("eflags 0x([0-9a-f]{8})");
    private static final Pattern SELECTOR = Pattern.compile("\\b([c-g]s|ss):0x([0-9a-f]{4})");
    private static final Pattern CR2 = Pattern.compile("CR2=page fault laddr=0x([0-9a-f]{16})");
    private static final Pattern INSTRUCTION = Pattern.compile("\\): ([a-z].*) ; ([0-9a-f]+)");
    private static final String SETTINGS = """
            memory: guest=%1$d, host=%1$d
            romimage: file=%2$s
            display_library: rfb, options="timeout=0"
            cpu: model=corei7_icelake_u, count=1, ips=1000000, reset_on_triple_fault=0
            clock: sync=none
            sound: waveoutdrv=dummy
            com1: enabled=1, mode=file, dev=%3$s
            port_e9_hack: enabled=1
            log: %4$s
            panic: action=report
            error: action=report
            info: action=ignore
            debug: action=ignore
            """;

    private final Process process;
    private final InputStream in;
    private final OutputStream out;
    private final Path scratch;
    /** Disassembly of the instruction that is next, as the debugger prints it. */
    private String next = "";
    /** The registers, until the next command. */
    private @Nullable Registers known;
    /** The processor is in HLT, so a step ends with the event that wakes it, if one does. */
    private boolean asleep;
    /** The processor is in 64-bit mode. */
    private boolean wide = true;

    private BochsPeer(Process process, Path scratch) {
        this.process = process;
        this.in = process.getInputStream();
        this.out = process.getOutputStream();
        this.scratch = scratch;
    }

    /** Starts Bochs with the ROM and runs to an address of the image. */
    static BochsPeer start(Path rom, Path scratch, long address) throws IOException {
        Path settings = scratch.resolve("bochs-settings");
        Path serial = scratch.resolve("bochs-serial");
        Path log = scratch.resolve("bochs-log");
        Files.deleteIfExists(serial);
        Files.writeString(settings, SETTINGS.formatted(PeerRom.RAM_MIB, rom, serial, log));
        Process process = new ProcessBuilder(List.of(PROGRAM, "-q", "-f", settings.toString()))
                .redirectError(scratch.resolve("bochs-errors").toFile())
                .start();
        BochsPeer peer = new BochsPeer(process, scratch);
        try {
            peer.answer(1);
            peer.ask("lb 0x" + Long.toHexString(address));
            peer.ask("c");
            peer.ask("d 1");
            if (peer.registers().get(Registers.RIP) != address) {
                throw new IOException("Bochs does not reach 0x" + Long.toHexString(address));
            }
        } catch (IOException e) {
            process.destroyForcibly();
            throw e;
        }
        return peer;
    }

    /** Gives one command a line, all at once, and returns everything up to the prompt after the last one. */
    private String ask(String commands) throws IOException {
        known = null;
        out.write((commands + "\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
        return answer(Math.toIntExact(commands.lines().count()));
    }

    /** Reads up to as many prompts as that. */
    private String answer(int prompts) throws IOException {
        StringBuilder text = new StringBuilder();
        byte[] part = new byte[8192];
        long began = System.nanoTime();
        boolean interrupted = false;
        while (PROMPT.matcher(text).results().count() < prompts) {
            long waited = System.nanoTime() - began;
            if (in.available() > 0) {
                int count = in.read(part);
                text.append(new String(part, 0, count, StandardCharsets.ISO_8859_1));
            } else if (!process.isAlive()) {
                throw new EOFException("Bochs ended: " + text);
            } else if (asleep && waited > HALT_NANOS && !interrupted) {
                interrupt();
                interrupted = true;
            } else if (waited > PATIENCE_NANOS) {
                throw new IOException("Bochs does not answer: " + text);
            } else {
                pause(waited);
            }
        }
        Matcher instruction = INSTRUCTION.matcher(text);
        while (instruction.find()) {
            next = instruction.group(1);
        }
        return text.toString();
    }

    private static void pause(long waited) throws IOException {
        if (waited < PROMPT_NANOS) {
            Thread.yield();
            return;
        }
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            throw new IOException("interrupted while waiting for Bochs", e);
        }
    }

    /** What control-C does at a terminal. */
    private void interrupt() throws IOException {
        new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start();
    }

    @Override
    public Registers registers() throws IOException {
        if (known != null) {
            return known;
        }
        String text = ask("r\nsreg\ncreg");
        Registers registers = new Registers();
        Matcher general = GENERAL.matcher(text);
        while (general.find()) {
            String name = general.group(1);
            int index = name.equals("rip") ? Registers.RIP : Gpr.NAMES.indexOf(name);
            registers.set(index, Long.parseUnsignedLong(general.group(2) + general.group(3), 16));
        }
        Matcher selector = SELECTOR.matcher(text);
        while (selector.find()) {
            registers.set(Registers.NAMES.indexOf(selector.group(1)), Integer.parseInt(selector.group(2), 16));
        }
        wide = text.contains(", 64-bit");
        registers.set(Registers.RFLAGS, find(FLAGS, text));
        registers.set(Registers.CR2, find(CR2, text));
        known = registers;
        return registers;
    }

    private static long find(Pattern pattern, String text) throws IOException {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IOException("Bochs does not tell " + pattern + " in: " + text);
        }
        return Long.parseUnsignedLong(matcher.group(1), 16);
    }

    @Override
    public Stop step() throws IOException {
        long before = registers().get(Registers.RIP);
        boolean halts = next.startsWith("hlt");
        boolean exits = next.startsWith("out 0xf4,"); // unless an event comes first
        try {
            ask("s");
        } catch (EOFException e) {
            if (Files.readString(scratch.resolve("bochs-log")).contains("exception with no resolution")) {
                return Stop.SHUTDOWN;
            }
            throw e;
        }
        long now = registers().get(Registers.RIP);
        if (exits && now == before + OUT_LENGTH) {
            return Stop.EXIT;
        }
        asleep = halts ? now == before + 1 : asleep && now == before;
        return asleep ? Stop.HALTED : Stop.BOUNDARY;
    }

    /** {@inheritDoc} Nobody answers at the port, and the value is still in EAX. */
    @Override
    public boolean hasExitedWith(long value) throws IOException {
        return (registers().get(Gpr.RAX) & 0xffff_ffffL) == value;
    }

    @Override
    public void raiseNmi() throws IOException {
        command(PeerRom.nmi());
    }

    @Override
    public void raiseInterrupt(int vector) throws IOException {
        command(PeerRom.interrupt(vector));
    }

    private void command(long value) throws IOException {
        Registers before = registers();
        boolean user = (before.get(Registers.CS) & 3) == 3;
        String letter = wide ? "r" : "e"; // what the debugger knows depends on the mode
        set(letter + "ax", value);
        set(letter + "bx", PeerRom.interruptCommand(user));
        borrow(PeerRom.send(user), before);
        set(letter + "ax", before.get(Gpr.RAX));
        set(letter + "bx", before.get(Gpr.RBX));
    }

    /** Executes one instruction of the shim's at this boundary. */
    private void borrow(long instruction, Registers before) throws IOException {
        String nextOfImage = next;
        set("rip", instruction);
        ask("s");
        set("rip", before.get(Registers.RIP));
        next = nextOfImage;
    }

    /** {@inheritDoc} The interval timer raises it: in HLT the processor executes nothing that could be borrowed. */
    @Override
    public boolean raiseNmiInHalt() throws IOException {
        Registers before = registers();
        set("rdx", TIMER_PORT);
        for (int part : new int[] {TIMER_COUNT & 0xff, TIMER_COUNT >>> 8}) {
            set("rax", part);
            borrow(PeerRom.out(), before);
        }
        set("rax", before.get(Gpr.RAX));
        set("rdx", before.get(Gpr.RDX));
        return true;
    }

    /** Why what is raised at a boundary cannot be raised here; empty if it can. */
    static Optional<String> obstacle(OwnBoundaries.Boundary boundary) {
        if (!boundary.raised().isEmpty() && boundary.shadowed()) {
            return Optional.of("the instruction borrowed for the event takes the shadow with it");
        }
        boolean interruptible = (boundary.registers().get(Registers.RFLAGS) & Rflags.IF) != 0;
        boolean taken = boundary.nmiWaits() && !boundary.nmiBlocked();
        for (InjectedEvent kind : boundary.raised()) {
            if (taken && !boundary.halted()) {
                return Optional.of("an event that waits is taken before the instruction borrowed for the next one");
            }
            taken = kind.event() == InjectedEvent.Kind.NMI ? !boundary.nmiBlocked() : interruptible;
        }
        return Optional.empty();
    }

    @Override
    public boolean runsIntoHandlers() {
        return true;
    }

    @Override
    public void setRax(long value) throws IOException {
        set("rax", value);
    }

    /** {@inheritDoc} The debugger clears DF whatever it is told. */
    @Override
    public void setFlags(long rflags) throws IOException {
        set("$eflags", rflags);
        if ((rflags & Rflags.DF) != 0) {
            Registers before = registers();
            borrow(PeerRom.std((before.get(Registers.CS) & 3) == 3), before);
        }
    }

    private void set(String register, long value) throws IOException {
        ask("set " + register + "=0x" + Long.toHexString(value));
    }

    @Override
    public byte[] memory(long linear, int length) throws IOException {
        Path file = scratch.resolve("bochs-memory");
        ask("writemem \"" + file + "\" 0x" + Long.toHexString(linear) + " " + length);
        byte[] bytes = Files.readAllBytes(file);
        if (bytes.length != length) {
            throw new IOException("Bochs wrote " + bytes.length + " bytes of memory, not " + length);
        }
        return bytes;
    }

    @Override
    public String serial() throws IOException {
        Path file = scratch.resolve("bochs-serial"); // made at the first byte
        return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    }

    @Override
    public void close() throws IOException {
        if (process.isAlive()) {
            out.write("q\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
        }
        try {
            process.waitFor(5, java.util.concurrent.TimeUnit.SECONDS);
            process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            throw new IOException("interrupted while Bochs ends", e);
        }
    }
}
