package io.github.nmi64.isa;

import java.util.List;

/** What a row of the opcode map names: a mnemonic with all its encodings. Immutable. */
public abstract class Opcode {
    private final String mnemonic;
    private final List<Encoding> encodings;

    protected Opcode(String mnemonic, Encoding... encodings) {
        this.mnemonic = mnemonic;
        this.encodings = List.of(encodings);
    }

    /** The manual's mnemonic in lower case, without size suffix ("mov", "iret"). */
    public final String mnemonic() {
        return mnemonic;
    }

    /** All encodings, in no particular order. */
    public final List<Encoding> encodings() {
        return encodings;
    }

    /** True if LOCK is allowed when the destination is memory (SDM vol. 2, LOCK; TP-241). */
    public boolean lockable() {
        return false;
    }

    /** True for string instructions, the only ones for which REP prefixes repeat. */
    public boolean repeatable() {
        return false;
    }

    @Override
    public String toString() {
        return mnemonic;
    }
}
