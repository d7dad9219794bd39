package io.github.nmi64.timing;

/**
 * What the instructions of one row of a cost table do that takes time.
 *
 * @param base cycles of the form without memory access
 * @param explicit what happens to a memory operand in first place: one of {@link #EXPLICIT}
 * @param loads loads that no operand shows
 * @param stores stores that no operand shows
 */
record CostRow(int base, char explicit, int loads, int stores) {
    static final char NOT_ACCESSED = '-';
    static final char READ = 'r';
    static final char WRITTEN = 'w';
    static final char MODIFIED = 'm';
    /** Modified, and locked whether or not there is a prefix (XCHG). */
    static final char EXCHANGED = 'x';

    static final String EXPLICIT = "-rwmx";

    /** For instructions that always fault or end the run, so that the cost never counts. */
    static final CostRow NEVER = new CostRow(1, NOT_ACCESSED, 0, 0);

    /** True if a memory operand in first place (else: in another) is loaded from. */
    boolean reads(boolean first) {
        return first ? explicit == READ || modifies() : explicit != NOT_ACCESSED;
    }

    /** True if a memory operand in first place is stored to. */
    boolean writes() {
        return explicit == WRITTEN || modifies();
    }

    private boolean modifies() {
        return explicit == MODIFIED || explicit == EXCHANGED;
    }
}
