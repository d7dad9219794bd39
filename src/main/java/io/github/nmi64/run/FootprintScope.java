package io.github.nmi64.run;

/**
 * What a footprint covers beyond what the fixture declares, as far as it has turned out: quadwords, by physical address.
 * Safe for use by several threads if footprints of several threads share it.
 */
public interface FootprintScope {
    /** Stands among the quadwords for DR6 and IA32_MCG_STATUS; no physical address. */
    long STATUS_REGISTERS = -1;

    /** True if a quadword that would be left out is compared all the same: the program has been seen to read it. */
    boolean isCompared(long quadword);

    /**
     * Quadwords of kernel stacks that the program was seen to read when it was back on the stack, ascending: they are compared
     * while nobody uses the stack, and left out while somebody does further up, as all below a stack pointer is.
     */
    long[] comparedWhileUnused();

    /**
     * Quadwords that handlers only ever add to, in place: counters that say nothing to a program unless it reads them. They
     * are left out.
     */
    long[] counters();

    /** A quadword has turned out to be such a counter. */
    void counts(long quadword);
}
