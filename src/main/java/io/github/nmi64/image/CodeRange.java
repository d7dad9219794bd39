package io.github.nmi64.image;

import io.github.nmi64.bits.Hex;

/** A run of executable bytes, for disassembly. Immutable. */
public final class CodeRange {
    private final String name;
    private final long address;
    private final int size;
    // Many ranges may lie in one segment; they share its bytes, or a hostile file could multiply them.
    private final LoadSegment segment;

    CodeRange(String name, long address, int size, LoadSegment segment) {
        this.name = name;
        this.address = address;
        this.size = size;
        this.segment = segment;
    }

    /** What the file holds of a segment. */
    static CodeRange of(LoadSegment segment) {
        return new CodeRange("segment at " + Hex.of(segment.address()), segment.address(), segment.dataSize(), segment);
    }

    /** The range in {@code changed} if it lies in {@code old}. */
    CodeRange in(LoadSegment changed, LoadSegment old) {
        return segment == old ? new CodeRange(name, address, size, changed) : this;
    }

    /** The name of the section, or {@code segment at 0xADDRESS} for an image without executable sections. */
    public String name() {
        return name;
    }

    /** The linear address of the first byte. */
    public long address() {
        return address;
    }

    /** A copy of the bytes. */
    public byte[] code() {
        return segment.bytes(address, size);
    }
}
