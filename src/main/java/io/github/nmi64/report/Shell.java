package io.github.nmi64.report;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Command lines to be pasted into a shell. */
public final class Shell {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private Shell() {}

    /** The words of a command, each quoted if the shell would not take it as it is. */
    public static String line(List<String> words) {
        return words.stream().map(Shell::quoted).collect(Collectors.joining(" "));
    }

    private static String quoted(String word) {
        if (PLAIN.matcher(word).matches()) {
            return word;
        }
        if (!CONTROL.matcher(word).find()) {
            return "'" + word.replace("'", "'\\''") + "'";
        }
        StringBuilder ansi = new StringBuilder("$'");
        word.chars().forEach(c -> {
            if (c == '\'' || c == '\\') {
                ansi.append('\\').append((char) c);
            } else if (c < ' ' || c == 0x7f) {
                ansi.append("\\%03o".formatted(c));
            } else {
                ansi.append((char) c);
            }
        });
        return ansi.append('\'').toString();
    }
}
