package io.github.nmi64.schedule;

import org.jspecify.annotations.Nullable;

/**
 * A text is not of the injection language. The message is one line for the user: where (if known), the exact text and
 * what was expected, as in {@code schedule.txt:3: 'nmi@at=': expected SYMBOL[+OFF][,hit=K] after 'at='}.
 */
public final class ScheduleSyntaxException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String text;
    private final String expectation;
    private final @Nullable String source;
    private final int line;

    ScheduleSyntaxException(String text, String expectation) {
        this(null, 0, text, expectation);
    }

    private ScheduleSyntaxException(@Nullable String source, int line, String text, String expectation) {
        super((source == null ? "" : source + ":" + line + ": ") + "'" + printable(text) + "': expected "
                + expectation);
        this.source = source;
        this.line = line;
        this.text = text;
        this.expectation = expectation;
    }

    /** The same complaint, located in a source that has lines (from 1). */
    public ScheduleSyntaxException at(String inSource, int onLine) {
        return new ScheduleSyntaxException(inSource, onLine, text, expectation);
    }

    /** The text as it was given. */
    public String text() {
        return text;
    }

    /** What the message says after "expected". */
    public String expectation() {
        return expectation;
    }

    /** The file or other source the text comes from, or null if it stood alone. */
    public @Nullable String source() {
        return source;
    }

    /** The line in the source, from 1; 0 if the text stood alone. */
    public int line() {
        return line;
    }

    /** The message stays one line and leaves a terminal alone, whatever the text holds. */
    static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
