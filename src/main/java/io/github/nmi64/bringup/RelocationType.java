package io.github.nmi64.bringup;

import java.util.Arrays;
import java.util.Optional;

/** How an address is filled in (x86-64 psABI, table 4.9), as far as code of kernels has them. */
enum RelocationType {
    ABSOLUTE_64(1, 8, false, false),
    RELATIVE_32(2, 4, true, true),
    CALL_32(4, 4, true, true),
    UNSIGNED_32(10, 4, false, false),
    SIGNED_32(11, 4, false, true),
    UNSIGNED_8(14, 1, false, false),
    RELATIVE_64(24, 8, true, true);

    private final int number;
    private final int bytes;
    private final boolean isRelative;
    private final boolean isSigned;

    RelocationType(int number, int bytes, boolean isRelative, boolean isSigned) {
        this.number = number;
        this.bytes = bytes;
        this.isRelative = isRelative;
        this.isSigned = isSigned;
    }

    static Optional<RelocationType> numbered(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
    }

    /** Size of what is filled in. */
    int bytes() {
        return bytes;
    }

    /** The distance from the place is filled in, not the address. */
    boolean isRelative() {
        return isRelative;
    }

    /** The value can be filled in. */
    boolean holds(long value) {
        int unused = Long.SIZE - Byte.SIZE * bytes;
        return (isSigned ? value << unused >> unused : value << unused >>> unused) == value;
    }
}
