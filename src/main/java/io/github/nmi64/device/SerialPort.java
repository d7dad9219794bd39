package io.github.nmi64.device;

/**
 * A polled 16550 (National Semiconductor PC16550D data sheet): the transmitter is always ready and what is sent is kept;
 * nothing is ever received and no interrupt is raised.
 */
public final class SerialPort implements Device {
    private static final int DATA = 0;
    private static final int INTERRUPT_ENABLE = 1;
    private static final int INTERRUPT_IDENTIFICATION = 2;
    private static final int LINE_CONTROL = 3;
    private static final int LINE_STATUS = 5;
    private static final int MODEM_STATUS = 6;
    private static final int REGISTERS = 8;

    private static final int DIVISOR_LATCH = 0x80;
    private static final int NO_INTERRUPT = 0x01;
    private static final int TRANSMITTER_EMPTY = 0x60;
    private static final int CONNECTED = 0xb0;

    private final Output output = new Output();
    private final byte[] registers = new byte[REGISTERS];
    private int divisor;

    /** Register contents and what was sent, at one moment. */
    public static final class Snapshot {
        private final Output.Snapshot output;
        private final byte[] registers;
        private final int divisor;

        private Snapshot(SerialPort port) {
            output = port.output.snapshot();
            registers = port.registers.clone();
            divisor = port.divisor;
        }
    }

    /** What the guest sent. */
    public Output output() {
        return output;
    }

    /** Remembers the state. */
    public Snapshot snapshot() {
        return new Snapshot(this);
    }

    /** Goes back to a snapshot. */
    public void restore(Snapshot snapshot) {
        output.restore(snapshot.output);
        System.arraycopy(snapshot.registers, 0, registers, 0, registers.length);
        divisor = snapshot.divisor;
    }

    /** What the guest can read back, not what it has sent: eight registers, a byte each. */
    public long registerBits() {
        long word = 0;
        for (byte register : registers) {
            word = word << 8 | register & 0xff;
        }
        return word;
    }

    /** The divisor latch, 16 bits. */
    public int divisor() {
        return divisor;
    }

    @Override
    public int read(int offset) {
        if (divisorSelected() && offset <= INTERRUPT_ENABLE) {
            return divisor >>> 8 * offset & 0xff;
        }
        return switch (offset) {
            case DATA -> 0;
            case INTERRUPT_IDENTIFICATION -> NO_INTERRUPT;
            case LINE_STATUS -> TRANSMITTER_EMPTY;
            case MODEM_STATUS -> CONNECTED;
            default -> registers[offset] & 0xff;
        };
    }

    /** True if a write to this register is sent to whoever listens, now. */
    boolean sends(int offset) {
        return offset == DATA && !divisorSelected();
    }

    @Override
    public void write(int offset, int value) {
        if (divisorSelected() && offset <= INTERRUPT_ENABLE) {
            int shift = 8 * offset;
            divisor = divisor & ~(0xff << shift) | value << shift;
        } else if (sends(offset)) {
            output.send(value);
        } else {
            registers[offset] = (byte) value;
        }
    }

    private boolean divisorSelected() {
        return (registers[LINE_CONTROL] & DIVISOR_LATCH) != 0;
    }
}
