package io.github.nmi64.paging;

/**
 * What an access wants, as bits. The first three have the values of the page-fault error code (SDM vol. 3, 4.7), so that
 * an access can be ORed into it.
 */
public final class Access {
    /** A data read. */
    public static final int READ = 0;
    /** A write, or a read that the same instruction will write back. */
    public static final int WRITE = 1 << 1;
    /** Made with user-mode rights: CPL 3 and not implicit. */
    public static final int USER = 1 << 2;
    /** An instruction fetch. */
    public static final int FETCH = 1 << 4;
    /** A supervisor access to GDT, LDT, IDT or TSS: EFLAGS.AC does not excuse it under SMAP (SDM vol. 3, 4.6.1). */
    public static final int IMPLICIT = 1 << 8;
    /**
     * A push of event delivery or of a call gate, made with the rights of the level that is entered. SDM vol. 3, 4.6.1, does
     * not list it among the implicit accesses, so below level 3 it is an explicit one, which EFLAGS.AC does excuse (TP-099).
     */
    public static final int FRAME = 1 << 9;
    /** Made by the processor for itself: no data breakpoint and no alignment check looks at it. */
    public static final int INTERNAL = IMPLICIT | FRAME;

    private Access() {}
}
