package io.github.nmi64.device;

import io.github.nmi64.bits.Digest;
import io.github.nmi64.bits.Hex;
import io.github.nmi64.bits.Log;
import io.github.nmi64.core.Ports;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The machine's I/O ports: 0xf4 exit, 0xe9 debug console, 0x3f8 to 0x3ff serial port. Others read all ones, or what somebody
 * chose for them; writes to them are logged and ignored.
 */
public final class PortMap implements Ports {
    /** A write ends the run; its value is the exit value. */
    public static final int EXIT = 0xf4;
    /** Bytes written here are kept as console output. */
    public static final int CONSOLE = 0xe9;
    /** First port of the serial port. */
    public static final int SERIAL = 0x3f8;

    private static final int SERIAL_PORTS = 8;
    private static final int PORTS = 0x1_0000;
    /** What a read of the console port returns, by which guests detect it. */
    private static final int CONSOLE_PRESENT = 0xe9;

    private final SerialPort serial = new SerialPort();
    private final Output console = new Output();
    private final Runnable onExit;
    /** Ports of which ignored writes are logged; a guest that writes to all of them must not fill the log. */
    private static final int MOST_REPORTED = 32;

    /** Ports whose ignored writes have been logged; a delay loop on one of them is told once. */
    private final BitSet reported = new BitSet();

    /** What reads of ports without a device answer, where that is not all ones. Nothing the guest does changes it. */
    private final Map<Integer, Integer> answers = new HashMap<>();

    private OptionalLong exitValue = OptionalLong.empty();
    /** What identifies what was written to which port, in which order. */
    private long sent;

    /** State of all devices at one moment. */
    public record Snapshot(SerialPort.Snapshot serial, Output.Snapshot console, OptionalLong exitValue, long sent) {}

    /** {@code onExit} is called when the guest writes the exit port. */
    public PortMap(Runnable onExit) {
        this.onExit = onExit;
    }

    /** True if a device has this port. */
    public static boolean isTaken(int port) {
        return port == EXIT || port == CONSOLE || port >= SERIAL && port < SERIAL + SERIAL_PORTS;
    }

    /**
     * Chooses the byte that reads of a port answer.
     *
     * @throws IllegalArgumentException if a device has the port
     */
    public void answer(int port, int value) {
        if (isTaken(port)) {
            throw new IllegalArgumentException("port " + Hex.of(port) + " belongs to a device of the machine");
        }
        answers.put(port, value & 0xff);
    }

    /** What the guest sent to the serial port. */
    public Output serial() {
        return serial.output();
    }

    /**
     * Adds to a digest what the guest can read from ports and what it has sent, which others read.
     *
     * @param withOutput whether what was sent counts
     */
    public void digest(Digest into, boolean withOutput) {
        into.add(serialRegisters(), divisor());
        into.add(withOutput ? sent : 0, 0);
    }

    /** What identifies all that was sent so far, to which port and in which order; 0 if nothing was. */
    public long sent() {
        return sent;
    }

    /** The serial port's registers, but those of what it sends and receives: a byte each, the lowest offset in the highest byte. */
    public long serialRegisters() {
        return serial.registerBits();
    }

    /** The serial port's divisor latch, 16 bits. */
    public int divisor() {
        return serial.divisor();
    }

    /** What the guest sent to the debug console. */
    public Output console() {
        return console;
    }

    /** Value the guest wrote to the exit port. */
    public OptionalLong exitValue() {
        return exitValue;
    }

    /** Remembers the state of all devices. */
    public Snapshot snapshot() {
        return new Snapshot(serial.snapshot(), console.snapshot(), exitValue, sent);
    }

    /** Goes back to a snapshot. */
    public void restore(Snapshot snapshot) {
        serial.restore(snapshot.serial);
        console.restore(snapshot.console);
        exitValue = snapshot.exitValue;
        sent = snapshot.sent;
    }

    @Override
    public long in(int port, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (long) readByte(port + i & 0xffff) << 8 * i;
        }
        return value;
    }

    private int readByte(int port) {
        if (port >= SERIAL && port < SERIAL + SERIAL_PORTS) {
            return serial.read(port - SERIAL);
        }
        return port == CONSOLE ? CONSOLE_PRESENT : answers.getOrDefault(port, 0xff);
    }

    @Override
    public void out(int port, int size, long value) {
        if (port == EXIT) {
            exitValue = OptionalLong.of(value & -1L >>> 64 - 8 * size);
            onExit.run();
            return;
        }
        boolean answered = false;
        for (int i = 0; i < size; i++) {
            answered |= writeByte(port + i & 0xffff, (int) (value >>> 8 * i) & 0xff);
        }
        if (!answered && !reported.get(port)) {
            report(port);
        }
    }

    private void report(int port) {
        int ports = reported.cardinality();
        if (ports < MOST_REPORTED) {
            reported.set(port);
            Log.warn(PortMap.class, "writes to port {} are ignored: no device is there", Hex.of(port));
        } else if (ports == MOST_REPORTED) {
            reported.set(0, PORTS);
            Log.warn(PortMap.class, "writes to more ports are ignored; no more of them are reported");
        }
    }

    private boolean writeByte(int port, int value) {
        if (port >= SERIAL && port < SERIAL + SERIAL_PORTS) {
            boolean isSent = serial.sends(port - SERIAL);
            serial.write(port - SERIAL, value);
            if (!isSent) {
                return true; // a register, which can be put back
            }
        } else if (port == CONSOLE) {
            console.send(value);
        } else {
            return false;
        }
        sent = Digest.mix(sent + 0x9e37_79b9_7f4a_7c15L * (port << 8 | value));
        return true;
    }
}
