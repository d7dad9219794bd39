package io.github.nmi64.schedule;

/** One event and when it arrives: {@code KIND@WHEN}. */
public record Injection(InjectedEvent kind, When when) {

    /**
     * Reads {@code KIND@WHEN}, without blanks.
     *
     * @throws ScheduleSyntaxException if the text is anything else
     */
    public static Injection parse(String text) {
        return new InjectionSyntax(text).injection();
    }

    /** The canonical text, which {@link #parse} reads back: {@code nmi@at=do_nmi+0x10,hit=1}. */
    public String text() {
        return kind.text() + "@" + when.text();
    }
}
