package io.github.nmi64.report;

import java.util.function.UnaryOperator;

/**
 * How words are marked that a reader looks for first.
 *
 * @param good marks a word that says all is well
 * @param bad marks a word that says something is wrong
 */
public record Style(UnaryOperator<String> good, UnaryOperator<String> bad) {
    /** Marks nothing. */
    public static final Style PLAIN = new Style(word -> word, word -> word);

    /** Green and bold red, for a terminal. */
    public static final Style COLOUR =
            new Style(word -> "\u001b[32m" + word + "\u001b[0m", word -> "\u001b[1;31m" + word + "\u001b[0m");

    /** The word, marked as good. */
    public String good(String word) {
        return good.apply(word);
    }

    /** The word, marked as bad. */
    public String bad(String word) {
        return bad.apply(word);
    }
}
