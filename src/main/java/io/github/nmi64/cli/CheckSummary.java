package io.github.nmi64.cli;

import io.github.nmi64.report.CheckJson;
import io.github.nmi64.report.CheckReport;
import io.github.nmi64.report.CheckRow;
import io.github.nmi64.report.CheckText;
import io.github.nmi64.report.Standing;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The results of several checks, a line each as they come, and their sum. */
final class CheckSummary {
    /** Of several reasons to fail the first counts. */
    private static final List<ExitCode> WORST_FIRST =
            List.of(ExitCode.VIOLATED, ExitCode.BAD_INPUT, ExitCode.ENVIRONMENT, ExitCode.LIMIT);

    private final Console console;
    private final ResultForm form;
    private final List<CheckRow> rows = new ArrayList<>();

    CheckSummary(Console console, ResultForm form) {
        this.console = console;
        this.form = form;
    }

    List<CheckRow> rows() {
        return Collections.unmodifiableList(rows);
    }

    /** Takes in a result that somebody else has told. */
    void add(CheckReport report) {
        rows.add(CheckRow.of(report));
    }

    /** Takes in a result and tells it. */
    void tell(CheckRow row) {
        rows.add(row);
        if (form == ResultForm.TEXT) {
            console.print(line(row));
        } else if (row.isSkipped()) {
            console.err().println("nmi64: " + row.name() + " is " + row.problem());
        } else {
            console.print(row.report()
                    .map(CheckReport::json)
                    .orElseGet(() -> CheckJson.problem(row, code(row).number())));
        }
        console.flush();
    }

    private static ExitCode code(CheckRow row) {
        return ExitCode.of(row.standing());
    }

    private String line(CheckRow row) {
        String padded = String.format(Locale.ROOT, "%-7s", row.standing().word());
        String word =
                row.isGood() ? console.style().good(padded) : console.style().bad(padded);
        return word + " " + String.format(Locale.ROOT, "%-46s %s%n", row.name(), row.detail());
    }

    /**
     * Tells the sum.
     *
     * @throws BadInput if nothing was there to be explored
     */
    ExitCode finish() {
        long skipped = rows.stream().filter(CheckRow::isSkipped).count();
        if (skipped == rows.size()) {
            throw new BadInput("nothing was checked: none of these fixtures has a directive 'window'");
        }
        if (form == ResultForm.TEXT) {
            console.print(sum(skipped));
        }
        return WORST_FIRST.stream()
                .filter(code -> rows.stream().anyMatch(row -> code(row) == code))
                .findFirst()
                .orElse(ExitCode.OK);
    }

    private String sum(long skipped) {
        long checked = rows.size() - skipped;
        return CheckText.counted(checked, "fixture") + ": "
                + String.join(
                        ", ",
                        Stream.of(
                                        rows.stream()
                                                        .filter(CheckSummary::isGood)
                                                        .count() + " ok",
                                        some(ExitCode.VIOLATED, "failed"),
                                        some(ExitCode.LIMIT, "undecided"),
                                        some(ExitCode.BAD_INPUT, "unusable"),
                                        some(ExitCode.ENVIRONMENT, "not assembled"),
                                        skipped == 0 ? "" : skipped + " skipped, for 'nmi64 run' only")
                                .filter(part -> !part.isEmpty())
                                .toList())
                + "\n";
    }

    private static boolean isGood(CheckRow row) {
        return row.standing() == Standing.OK;
    }

    private String some(ExitCode code, String what) {
        long count = rows.stream().filter(row -> code(row) == code).count();
        return count == 0 && code != ExitCode.VIOLATED ? "" : count + " " + what;
    }
}
