package io.github.nmi64.core;

/** The I/O address space. */
public interface Ports {
    /** Reads {@code size} (1, 2 or 4) bytes from a port, zero-extended. */
    long in(int port, int size);

    /** Writes the low {@code size} (1, 2 or 4) bytes of {@code value} to a port. */
    void out(int port, int size, long value);

    /** A bus where nothing answers: reads all ones, writes vanish. */
    Ports NONE = new Ports() {
        @Override
        public long in(int port, int size) {
            return -1L >>> 64 - 8 * size;
        }

        @Override
        public void out(int port, int size, long value) {}
    };
}
