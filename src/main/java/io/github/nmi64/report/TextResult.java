package io.github.nmi64.report;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.monitor.EventCounter;
import io.github.nmi64.run.Narrator;
import io.github.nmi64.run.RunReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The result for people. */
public final class TextResult {
    private final Style style;
    private final RunReport report;
    private final Narrator story;
    private final RunVerdict verdict;
    private final boolean allowsUnfired;
    private final SymbolTable symbols;
    private final StringBuilder text = new StringBuilder();

    /**
     * @param story what happened to each NMI of the run
     * @param verdict what the run comes to
     * @param allowsUnfired whether injections that never fired are acceptable
     */
    public TextResult(Style style, RunReport report, Narrator story, RunVerdict verdict, boolean allowsUnfired) {
        this.style = style;
        this.report = report;
        this.story = story;
        this.verdict = verdict;
        this.allowsUnfired = allowsUnfired;
        this.symbols = report.fixture().image().symbols();
    }

    /**
     * The whole result.
     *
     * @param aside what the caller has to say of the verdict, such as the exit code that follows from it
     */
    public String text(String aside) {
        summary();
        section("events", story.sentences());
        if (story.left() > 0) {
            line("  and " + story.left() + " more; --trace text shows all");
        }
        expectations();
        violations();
        unfired();
        output("serial", report.serial());
        output("console", report.console());
        registers();
        line("");
        line("verdict    " + verdict() + " (" + aside + ")");
        return text.toString();
    }

    private void summary() {
        String title = report.fixture().directives().title();
        line("fixture    " + report.fixture().name() + (title.isEmpty() ? "" : ": " + title));
        line("outcome    " + outcome() + " after " + counted(report.retired(), "instruction") + ", "
                + counted(report.cycles(), "cycle"));
        EventCounter counts = report.counts();
        line("nmi        " + counts.asserted() + " asserted, " + counts.latched() + " latched, " + counts.merged()
                + " merged, " + counts.delivered() + " delivered"
                + (report.state().interrupts.nmiLatched ? ", one still latched" : "")
                + (report.state().interrupts.nmiBlocked ? ", blocked at the end" : ""));
        line("rules      "
                + report.rules().byName().entrySet().stream()
                        .map(rule -> rule.getKey() + "=" + rule.getValue())
                        .collect(Collectors.joining(" ")));
    }

    private String outcome() {
        String where = place(report.state().rip);
        return switch (report.ended()) {
            case EXIT ->
                report.exitValue().isPresent() ? "exit " + report.exitValue().getAsLong() : "end of 'steps'";
            case HALTED -> "halted before " + where;
            case PAUSED -> "paused before " + where;
            case SHUTDOWN -> "shutdown at " + where;
            case LIMIT ->
                report.hasStrayed()
                        ? "stopped at " + where + " (executing memory that is all zeros)"
                        : "limit reached at " + where;
            case UNSUPPORTED ->
                report.refused()
                        .map(refused ->
                                "unsupported at " + where + ": " + refused.what() + " (bytes " + refused.bytes() + ")")
                        .orElse("unsupported at " + where);
        };
    }

    private static String counted(long count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }

    private void expectations() {
        if (!report.isJudged()) {
            line("");
            line("expectations: not judged, the schedule is not the fixture's");
            return;
        }
        section(
                "expectations",
                report.expectations().stream()
                        .map(judged ->
                                (judged.held() ? style.good("held") : style.bad("FAILED")) + "  " + judged.text())
                        .toList());
    }

    private void violations() {
        List<Violation> unexpected = report.unexpected();
        Map<String, List<Violation>> about = new LinkedHashMap<>();
        for (Violation violation : report.found()) {
            String key = violation.invariant() + " " + violation.subject() + " " + unexpected.contains(violation);
            about.computeIfAbsent(key, absent -> new ArrayList<>()).add(violation);
        }
        section(
                "violations",
                about.values().stream()
                        .map(same -> told(same, !unexpected.contains(same.get(0))))
                        .toList());
    }

    /** The first of those about the same thing, and how many more there are. */
    private String told(List<Violation> same, boolean isExpected) {
        Violation first = same.get(0);
        int more = same.size() - 1;
        return first.invariant() + " at step " + first.retired() + ", " + place(first.rip()) + ": " + first.detail()
                + (isExpected ? " (expected)" : "")
                + (more == 0
                        ? ""
                        : "; " + same.size() + " times, the last at step "
                                + same.get(more).retired());
    }

    private void unfired() {
        section(
                allowsUnfired ? "never fired (allowed)" : "never fired",
                report.unfired().stream()
                        .map(injection -> injection.text()
                                + UnfiredReason.of(report.fixture(), injection.when(), report.hasReachedWindow()))
                        .toList());
    }

    private void output(String port, String bytes) {
        section(port, bytes.lines().map(TextResult::printable).toList());
    }

    /** What a guest sends must not control a terminal. */
    private static String printable(String line) {
        return line.codePoints()
                .mapToObj(c -> c >= ' ' && c <= '~' ? Character.toString(c) : "\\x%02x".formatted(c))
                .collect(Collectors.joining());
    }

    private void registers() {
        line("");
        line("registers");
        StringBuilder row = new StringBuilder();
        for (int i = 0; i < Gpr.COUNT; i++) {
            row.append("  %-3s %s".formatted(Gpr.NAMES.get(i), Hex.fixed(report.state().gpr[i], 8)));
            if (i % 4 == 3) {
                line(row.toString());
                row.setLength(0);
            }
        }
        line("  rip %s  rflags %s  cs %s  ss %s  cr2 %s"
                .formatted(
                        Hex.fixed(report.state().rip, 8),
                        Hex.of(report.state().rflags),
                        Hex.of(report.register("cs")),
                        Hex.of(report.register("ss")),
                        Hex.of(report.state().cr2)));
    }

    private String verdict() {
        return switch (verdict) {
            case AS_EXPECTED ->
                report.expectations().isEmpty() ? style.good("clean") + ": no violation" : style.good("as expected");
            case VIOLATED -> style.bad("violated") + ": " + failures();
            case GUEST_DIED -> style.bad("guest died");
            case LIMIT -> style.bad("limit reached");
        };
    }

    private String failures() {
        long failed =
                report.expectations().stream().filter(judged -> !judged.held()).count();
        int unexpected = report.unexpected().size();
        int unfired = allowsUnfired ? 0 : report.unfired().size();
        return List.of(
                        failed == 0 ? "" : counted(failed, "expectation") + " failed",
                        unexpected == 0 ? "" : counted(unexpected, "violation") + " not expected",
                        unfired == 0 ? "" : counted(unfired, "injection") + " never fired")
                .stream()
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(", "));
    }

    private void section(String heading, List<String> lines) {
        if (!lines.isEmpty()) {
            line("");
            line(heading);
            lines.forEach(line -> line("  " + line));
        }
    }

    private void line(String line) {
        text.append(line).append('\n');
    }

    private String place(long address) {
        return symbols.text(address);
    }
}
