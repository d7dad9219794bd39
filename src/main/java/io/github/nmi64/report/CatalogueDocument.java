package io.github.nmi64.report;

import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.Counterexample;
import io.github.nmi64.fixture.CheckPlan.CatalogueRow;
import io.github.nmi64.schedule.Injection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The catalogue as a Markdown document: a section a row, a line a fixture. Nothing in it depends on the machine. */
public final class CatalogueDocument {
    private static final String COLUMNS = """
            | shows | entry | verdict | events | states | schedule | fixture |
            |---|---|---|---:|---:|---|---|
            """;

    private final CatalogueNotes notes;
    private final Map<String, StringBuilder> tables = new TreeMap<>();

    /** @param entries in the order they are listed within a row */
    public CatalogueDocument(CatalogueNotes notes, List<CatalogueEntry> entries) {
        this.notes = notes;
        for (CatalogueEntry entry : entries) {
            for (CatalogueRow row : entry.plan().rows()) {
                tables.computeIfAbsent(row.id(), id -> new StringBuilder())
                        .append(line(row, entry))
                        .append('\n');
            }
        }
    }

    /** The document. */
    public String text() {
        StringBuilder text = new StringBuilder(notes.head());
        tables.forEach((id, lines) -> {
            text.append("\n## ").append(heading(id)).append("\n\n");
            text.append(COLUMNS).append(lines);
        });
        return text.toString();
    }

    private String heading(String id) {
        CatalogueNotes.Row row = notes.rows().get(id);
        if (row == null) {
            return id;
        }
        String history = row.history().isEmpty() ? "" : "\n\n" + row.history();
        return id + ": " + row.name() + "\n\n" + row.mechanism() + history;
    }

    private static String line(CatalogueRow row, CatalogueEntry entry) {
        CheckReport report = entry.report();
        return List.of(
                        row.text(),
                        entry.plan().entry(),
                        verdict(report),
                        events(report),
                        String.format(Locale.ROOT, "%,d", report.result().states()),
                        report.example().map(CatalogueDocument::schedule).orElse(""),
                        "`" + report.fixture() + "`")
                .stream()
                .map(cell -> cell.replace("|", "\\|"))
                .collect(Collectors.joining(" | ", "| ", " |"));
    }

    private static String verdict(CheckReport report) {
        return report.example()
                .map(Counterexample::violation)
                .map(broken -> report.word() + ": " + broken.invariant() + " (" + broken.subject() + ")")
                .orElse(report.word());
    }

    /** The fewest that break something, or how many were explored. */
    private static String events(CheckReport report) {
        return report.result().verdict() == CheckResult.Verdict.BOUNDED
                ? "up to " + report.events()
                : String.valueOf(report.events());
    }

    private static String schedule(Counterexample example) {
        return example.schedule().stream()
                .map(Injection::text)
                .map(text -> "`" + text + "`")
                .collect(Collectors.joining(" "));
    }
}
