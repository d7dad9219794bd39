package io.github.nmi64.report;

/** How a fixture stands after {@code check}: what its result says of what was expected of it. */
public enum Standing {
    /** As the fixture expects; where it expects nothing: no invariant breaks. */
    OK("ok"),
    /** An invariant breaks, or the verdict is not the one the fixture expects. */
    FAILED("FAILED"),
    /** Memory, instructions or time ran out before everything was explored that was asked for. */
    BOUNDED("bounded"),
    /** It cannot be used, or no event could arrive anywhere. */
    UNUSABLE("ERROR"),
    /** There is no assembler to make it with. */
    NOT_ASSEMBLED("ERROR"),
    /** It has nothing to explore, and nobody said it had. */
    SKIPPED("skipped");

    private final String word;

    Standing(String word) {
        this.word = word;
    }

    /** {@code ok}, {@code FAILED}, {@code bounded}, {@code ERROR} or {@code skipped}. */
    public String word() {
        return word;
    }
}
