package io.github.nmi64.device;

/** Something that answers on a range of ports, byte by byte. */
interface Device {
    /** Reads the byte at an offset within the device's range. */
    int read(int offset);

    /** Writes the byte at an offset within the device's range. */
    void write(int offset, int value);
}
