package io.github.nmi64.report;

import io.github.nmi64.explore.CheckResult;
import java.util.List;
import java.util.Locale;

/** Results of several checks as a table in Markdown. */
public final class CheckTable {
    private static final String HEAD = """
            | fixture | verdict | events | states | seconds |
            |---|---|---:|---:|---:|
            """;

    private final List<CheckRow> rows;

    /** @param rows in the order of the table */
    public CheckTable(List<CheckRow> rows) {
        this.rows = List.copyOf(rows);
    }

    /** The table. */
    public String text() {
        StringBuilder text = new StringBuilder(HEAD);
        for (CheckRow row : rows) {
            text.append(row.report().map(CheckTable::line).orElseGet(() -> "| `%s` | %s | | | |%n"
                    .formatted(row.name(), row.detail().replace("|", "\\|"))));
        }
        return text.toString();
    }

    private static String line(CheckReport report) {
        CheckResult result = report.result();
        String verdict = result.counterexamples().stream()
                .findFirst()
                .map(broken -> "violated: " + broken.violation().invariant() + " ("
                        + broken.violation().subject() + ")")
                .orElseGet(() -> result.verdict().name().toLowerCase(Locale.ROOT));
        return String.format(
                Locale.ROOT,
                "| `%s` | %s | %d | %,d | %.1f |%n",
                report.fixture(),
                verdict,
                result.layers(),
                result.states(),
                report.seconds());
    }
}
