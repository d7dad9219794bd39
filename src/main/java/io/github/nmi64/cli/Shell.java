package io.github.nmi64.cli;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Command lines to be pasted into a shell. */
final class Shell {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private Shell() {}

    /** The words of a command, each quoted if the shell would not take it as it is. */
    static String line(List<String> words) {
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

    /**
     * How the program was called, a word or several that need no quotes: what {@code scripts/nmi64} says, else the jar that
     * runs, else its name.
     */
    static String program(Map<String, String> environment) {
        String called = environment.getOrDefault("NMI64_CALLED_AS", "");
        if (!called.isEmpty()) {
            return quoted(called);
        }
        String java = System.getProperty("sun.java.command", "");
        String first = java.split(" ", 2)[0];
        return first.endsWith(".jar") ? "java -jar " + quoted(first) : "nmi64";
    }
}
