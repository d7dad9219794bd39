package io.github.nmi64.device;

import java.util.Arrays;

/** Bytes a device has sent, kept for the result. Immutable snapshots are cheap while nothing is sent between them. */
public final class Output {
    /** Bytes kept; what a guest sends beyond them is counted, not kept. */
    public static final int LIMIT = 1 << 20;

    private byte[] bytes = new byte[64];
    private int length;
    private long dropped;
    private boolean shared;

    /** What had been sent at one moment. */
    public static final class Snapshot {
        private final byte[] bytes;
        private final int length;
        private final long dropped;

        private Snapshot(Output output) {
            bytes = output.bytes;
            length = output.length;
            dropped = output.dropped;
        }
    }

    /** Adds one byte. */
    public void send(int value) {
        if (length == LIMIT) {
            dropped++;
            return;
        }
        if (shared || length == bytes.length) {
            bytes = Arrays.copyOf(bytes, length == bytes.length ? 2 * length : bytes.length);
            shared = false;
        }
        bytes[length++] = (byte) value;
    }

    /** Everything sent so far, at most {@link #LIMIT} bytes. */
    public byte[] bytes() {
        return Arrays.copyOf(bytes, length);
    }

    /** Number of bytes sent beyond the limit. */
    public long dropped() {
        return dropped;
    }

    /** Remembers what was sent. */
    public Snapshot snapshot() {
        shared = true;
        return new Snapshot(this);
    }

    /** Goes back to a snapshot. */
    public void restore(Snapshot snapshot) {
        bytes = snapshot.bytes;
        length = snapshot.length;
        dropped = snapshot.dropped;
        shared = true;
    }
}
