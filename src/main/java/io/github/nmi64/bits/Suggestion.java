package io.github.nmi64.bits;

import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Collectors;

/** The nearest known word to an unknown one. */
public final class Suggestion {
    private static final int FARTHEST = 2;
    private static final int LONGEST_WORD = 128;

    private Suggestion() {}

    /** {@code  (did you mean 'do_nmi'?)}, with its leading blank, or nothing if no word is within two edits. */
    public static String near(String word, Collection<String> known) {
        if (word.length() > LONGEST_WORD) {
            return "";
        }
        return known.stream()
                .filter(candidate -> Math.abs(candidate.length() - word.length()) <= FARTHEST)
                .collect(Collectors.toMap(candidate -> candidate, candidate -> edits(word, candidate), (a, b) -> a))
                .entrySet()
                .stream()
                // A word of which every letter would change is no help.
                .filter(entry -> entry.getValue() <= FARTHEST && entry.getValue() < word.length())
                .min(Comparator.<Map.Entry<String, Integer>>comparingInt(Map.Entry::getValue)
                        .thenComparing(Map.Entry::getKey))
                .map(entry -> " (did you mean '" + Printable.of(entry.getKey()) + "'?)")
                .orElse("");
    }

    /** Levenshtein's distance: insertions, deletions and replacements. */
    private static int edits(String from, String to) {
        int[] previous = new int[to.length() + 1];
        for (int column = 0; column <= to.length(); column++) {
            previous[column] = column;
        }
        for (int row = 1; row <= from.length(); row++) {
            int[] current = new int[to.length() + 1];
            current[0] = row;
            for (int column = 1; column <= to.length(); column++) {
                int replaced = previous[column - 1] + (from.charAt(row - 1) == to.charAt(column - 1) ? 0 : 1);
                current[column] = Math.min(replaced, 1 + Math.min(previous[column], current[column - 1]));
            }
            previous = current;
        }
        return previous[to.length()];
    }
}
