package io.github.nmi64.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The injections of one run, in the order they were written. Immutable. */
public record Schedule(List<Injection> injections) {

    /** Some editors begin a file of text with it. */
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    /** Nothing is injected. */
    public static final Schedule EMPTY = new Schedule(List.of());

    public Schedule {
        injections = List.copyOf(injections);
    }

    /**
     * Reads the text of a schedule file: one {@code KIND@WHEN} a line; {@code #} starts a comment; blank lines count
     * but mean nothing, and so does a byte order mark at the beginning.
     *
     * @param source what to call the text in errors, usually the file name
     * @throws ScheduleSyntaxException at the first line that is not an injection, naming the source and the line
     */
    public static Schedule parse(String source, String text) {
        var injections = new ArrayList<Injection>();
        List<String> lines =
                text.substring(text.startsWith(BYTE_ORDER_MARK) ? 1 : 0).lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String content = withoutComment(lines.get(i)).strip();
            if (content.isEmpty()) {
                continue;
            }
            try {
                injections.add(Injection.parse(content));
            } catch (ScheduleSyntaxException e) {
                throw e.at(source, i + 1);
            }
        }
        return new Schedule(injections);
    }

    /** This schedule followed by more injections. */
    public Schedule plus(List<Injection> more) {
        var all = new ArrayList<>(injections);
        all.addAll(more);
        return new Schedule(all);
    }

    /** The canonical text, one injection a line, each line ended by a line feed; {@link #parse} reads it back. */
    public String text() {
        return injections.stream().map(injection -> injection.text() + "\n").collect(Collectors.joining());
    }

    private static String withoutComment(String line) {
        int start = line.indexOf('#');
        return start < 0 ? line : line.substring(0, start);
    }
}
