package io.github.nmi64.report;

import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.Counterexample;
import io.github.nmi64.explore.Coverage;
import io.github.nmi64.explore.StatesApart;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Injection;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A result of {@code check} for people. */
public final class CheckText {
    /** Live words, or runs of them, that are named. */
    private static final int MOST_WORDS = 8;

    /** Quadwords that keep states apart that are named. */
    private static final int MOST_APART = 20;

    private final CheckReport report;
    private final CheckResult result;
    private final Style style;
    private final String program;
    private final StringBuilder text = new StringBuilder();

    /** @param program how the program was called, for the command that replays a counterexample */
    public CheckText(CheckReport report, Style style, String program) {
        this.report = report;
        this.result = report.result();
        this.style = style;
        this.program = program;
    }

    /** {@code 1 event}, {@code 2,000 events}. */
    public static String counted(long count, String noun) {
        return counted(count, noun, "", "s");
    }

    /** The whole result. */
    public String text() {
        boolean isBroken = result.verdict() == CheckResult.Verdict.VIOLATED;
        line("fixture", report.fixture());
        line("verdict", isBroken ? style.bad(report.verdict()) : style.good(report.verdict()));
        shard();
        report.asExpected().ifPresent(this::expected);
        explored();
        facts();
        result.counterexamples().stream().limit(1).forEach(this::tell);
        others(result.counterexamples().stream().skip(1).toList());
        report.apart().ifPresent(this::apart);
        return text.toString();
    }

    private static String counted(long count, String noun, String one, String more) {
        return String.format(Locale.ROOT, "%,d %s%s", count, noun, count == 1 ? one : more);
    }

    private static String kinds(List<InjectedEvent> kinds) {
        return kinds.stream().map(InjectedEvent::text).collect(Collectors.joining(","));
    }

    private void expected(boolean asExpected) {
        String judged = report.ranOut() ? " (undecided)" : " (DIFFERS)";
        line("expected", report.expected().orElseThrow().text() + (asExpected ? " (matches)" : judged));
    }

    private void line(String label, String value) {
        text.append(String.format(Locale.ROOT, "%-11s%s%n", label, value));
    }

    private void shard() {
        if (report.shard().joined() > 1) {
            line("joined", report.shard().joined() + " shards; a state that several reached is counted once in each");
        } else if (report.shard().of() > 1) {
            line("shard", report.shard().text());
        }
    }

    private void explored() {
        line(
                "explored",
                String.format(
                        Locale.ROOT,
                        "%s, %s, up to %s of %s, %.2f s",
                        counted(result.states(), "state"),
                        counted(result.transitions(), "transition"),
                        counted(result.layers(), "event"),
                        kinds(result.events()),
                        report.seconds()));
    }

    private void facts() {
        Coverage coverage = result.coverage();
        line(
                "offered",
                counted(coverage.arrivals(), "event") + " at " + counted(coverage.boundaries(), "boundar", "y", "ies")
                        + (coverage.neverPossible().isEmpty() ? "" : "; nowhere " + kinds(coverage.neverPossible())));
        line("watched", String.join(", ", coverage.watched()));
        coverage.notWatched().forEach(unwatched -> line("unwatched", unwatched.invariant() + ": " + unwatched.why()));
        if (result.withTime()) {
            line("time", "the guest reads the time-stamp counter, so the clock is part of the state");
        }
        if (!result.liveWords().isEmpty()) {
            List<String> words = result.liveWords();
            int more = words.size() - MOST_WORDS;
            line(
                    "live slots",
                    String.join(", ", words.subList(0, Math.min(MOST_WORDS, words.size())))
                            + (more > 0 ? " and " + more + " more" : "")
                            + " (stack slots read after they seemed dead; always part of the state)");
        }
        if (!result.storm().isEmpty()) {
            line("storm", "an event at every boundary: " + result.storm());
        }
        coverage.assumptions().forEach(assumption -> line("assumed", assumption));
    }

    private void tell(Counterexample example) {
        text.append("\n").append(example.violation().invariant()).append(": ");
        text.append(example.violation().detail()).append("\n\nschedule\n");
        example.schedule()
                .forEach(injection -> text.append("  ").append(injection.text()).append('\n'));
        text.append("\nwhat happens\n");
        example.story().forEach(line -> text.append("  ").append(line).append('\n'));
        List<String> words = new ArrayList<>(report.replay());
        example.schedule().forEach(injection -> words.addAll(List.of("--inject", injection.text())));
        text.append("\nreplay\n  ").append(program).append(" run ").append(Shell.line(words));
        text.append('\n');
    }

    private void others(List<Counterexample> others) {
        if (others.isEmpty()) {
            return;
        }
        text.append("\nalso with ").append(counted(report.events(), "event")).append('\n');
        for (Counterexample other : others) {
            text.append("  ").append(other.violation().invariant());
            text.append(" (").append(other.violation().subject()).append("): ");
            text.append(other.violation().detail()).append("\n    ");
            text.append(schedule(other)).append('\n');
        }
    }

    private void apart(StatesApart apart) {
        text.append("\nwhat keeps states apart: of ")
                .append(counted(apart.states(), "sampled state"))
                .append(", ");
        text.append(counted(apart.pairs(), "pair")).append(" that agree in everything but memory\n");
        if (apart.quadwords().isEmpty()) {
            return;
        }
        text.append("  differs    alone  quadword\n");
        List<StatesApart.Quadword> quadwords = apart.quadwords();
        for (StatesApart.Quadword quadword : quadwords.subList(0, Math.min(MOST_APART, quadwords.size()))) {
            text.append(String.format(
                    Locale.ROOT, "  %,7d  %,7d  %s%n", quadword.pairs(), quadword.alone(), quadword.name()));
        }
        if (quadwords.size() > MOST_APART) {
            text.append("  and ").append(quadwords.size() - MOST_APART).append(" more\n");
        }
        quadwords.stream()
                .filter(quadword -> !quadword.region().isEmpty())
                .findFirst()
                .ifPresent(
                        quadword -> text.append("Only you can know whether nothing depends on one of them: directive "
                                        + "\"statistics ")
                                .append(quadword.region())
                                .append("\";\nor whether the verdict may say nothing about what does: \"immaterial ")
                                .append(quadword.region())
                                .append("\".\n"));
    }

    /** The injections of a counterexample on one line. */
    static String schedule(Counterexample example) {
        return example.schedule().stream().map(Injection::text).collect(Collectors.joining(" "));
    }
}
