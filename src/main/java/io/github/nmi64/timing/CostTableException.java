package io.github.nmi64.timing;

/** A line of a cost table that cannot be understood. The message is one line: where, what it says, what was expected. */
public final class CostTableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int line;

    CostTableException(String source, int line, String text, String expectation) {
        super(source + ":" + line + ": '" + text.replaceAll("\\p{Cntrl}", "?") + "': expected " + expectation);
        this.line = line;
    }

    /** The line, from 1; one past the last line if something is missing from the whole table. */
    public int line() {
        return line;
    }
}
