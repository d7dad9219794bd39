package io.github.nmi64.bits;

/** Text from a file made fit for one line of a message. */
public final class Printable {
    private static final int LONGEST = 200;

    private Printable() {}

    /** The text with control characters replaced by {@code ?} and cut to a readable length. */
    public static String of(String text) {
        String cut = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
        return cut.replaceAll("\\p{Cntrl}", "?");
    }
}
