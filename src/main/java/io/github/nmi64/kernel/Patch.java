package io.github.nmi64.kernel;

import io.github.nmi64.bits.Hex;

/** Bytes that booting puts in the place of others in a kernel's code, and why. */
public final class Patch {
    private final long address;
    private final byte[] bytes;
    private final String why;

    Patch(long address, byte[] bytes, String why) {
        this.address = address;
        this.bytes = bytes.clone();
        this.why = why;
    }

    /** Linear, of the first byte. */
    public long address() {
        return address;
    }

    /** What is there from then on; a copy. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** Writes those of its bytes that lie within code that begins at an address. */
    public void applyTo(byte[] code, long start) {
        for (int i = 0; i < bytes.length; i++) {
            long at = address + i - start;
            if (at >= 0 && at < code.length) {
                code[(int) at] = bytes[i];
            }
        }
    }

    /** How many. */
    public int length() {
        return bytes.length;
    }

    /** {@code with fsgsbase}, {@code without rethunk}, {@code longer NOPs}: the reason, for people. */
    public String why() {
        return why;
    }

    @Override
    public String toString() {
        return Hex.of(address) + " " + Hex.bytes(bytes, 0, bytes.length) + " " + why;
    }
}
