package io.github.nmi64.isa;

import java.util.Locale;

/** Whose processor it is, where Intel's and AMD's decode or do different things. */
public enum Vendor {
    INTEL,
    AMD;

    /** The name in rules and in the rows of the opcode map. */
    public String keyword() {
        return name().toLowerCase(Locale.ROOT);
    }
}
