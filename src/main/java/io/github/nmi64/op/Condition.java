package io.github.nmi64.op;

import io.github.nmi64.state.Rflags;
import java.util.List;

/**
 * The sixteen conditions of Jcc, SETcc and CMOVcc, numbered by the low four bits of their opcodes (SDM vol. 1, appendix
 * B). An odd condition is the negation of the even one before it.
 */
final class Condition {
    /** How many there are. */
    static final int COUNT = 16;

    /** Mnemonic suffixes in encoding order. */
    static final List<String> NAMES =
            List.of("o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g");

    /** Stands for SF != OF; the bit it borrows is the one of RFLAGS that never changes. */
    private static final long LESS = Rflags.FIXED;

    /** For each even condition the bits of which one must be set. */
    // spotless:off
    private static final long[] ANY_OF = {
        /* o  */ Rflags.OF,
        /* b  */ Rflags.CF,
        /* e  */ Rflags.ZF,
        /* be */ Rflags.CF | Rflags.ZF,
        /* s  */ Rflags.SF,
        /* p  */ Rflags.PF,
        /* l  */ LESS,
        /* le */ LESS | Rflags.ZF,
    };
    // spotless:on

    private Condition() {}

    /** True if the flags satisfy the condition, 0 to 15. */
    static boolean holds(int condition, long rflags) {
        long less = rflags >>> 10 ^ rflags >>> 6; // OF is bit 11, SF bit 7: their difference lands on bit 1
        long bits = rflags & ~LESS | less & LESS;
        return (bits & ANY_OF[condition >>> 1]) != 0 ^ (condition & 1) != 0;
    }
}
