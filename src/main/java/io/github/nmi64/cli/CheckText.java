package io.github.nmi64.cli;

import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.Counterexample;
import io.github.nmi64.schedule.EventKind;
import io.github.nmi64.schedule.Injection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A result of {@code check} for people. */
final class CheckText {
    /** Live words, or runs of them, that are named. */
    private static final int MOST_WORDS = 8;

    private final CheckReport report;
    private final CheckResult result;
    private final StringBuilder text = new StringBuilder();

    CheckText(CheckReport report) {
        this.report = report;
        this.result = report.result();
    }

    String text(Console console) {
        boolean isBroken = result.verdict() == CheckResult.Verdict.VIOLATED;
        line("fixture", report.fixture());
        line("verdict", isBroken ? console.bad(report.verdict()) : console.good(report.verdict()));
        part();
        report.asExpected()
                .ifPresent(as -> line(
                        "expected", report.expected().orElseThrow().text() + (as ? " (so it is)" : " (it is not)")));
        explored();
        facts();
        result.counterexamples().stream().limit(1).forEach(this::tell);
        others(result.counterexamples().stream().skip(1).toList());
        return text.toString();
    }

    private void line(String label, String value) {
        text.append(String.format(Locale.ROOT, "%-11s%s%n", label, value));
    }

    private void part() {
        if (report.part().merged() > 1) {
            line("merged", report.part().merged() + " shards; a state that several reached is counted by each");
        } else if (report.part().shards() > 1) {
            line("shard", report.part().text());
        }
    }

    private void explored() {
        String kinds = result.events().stream().map(EventKind::text).collect(Collectors.joining(","));
        line(
                "explored",
                String.format(
                        Locale.ROOT,
                        "%,d states, %,d transitions, 0 to %d events of %s, %.2f s",
                        result.states(),
                        result.transitions(),
                        result.layers(),
                        kinds,
                        report.seconds()));
    }

    private void facts() {
        if (result.withTime()) {
            line("time", "the guest reads the time-stamp counter, so the clock is part of the state");
        }
        if (!result.liveWords().isEmpty()) {
            List<String> words = result.liveWords();
            int more = words.size() - MOST_WORDS;
            line(
                    "live words",
                    String.join(", ", words.subList(0, Math.min(MOST_WORDS, words.size())))
                            + (more > 0 ? " and " + more + " more" : "")
                            + " (read after they seemed dead; always part of the state)");
        }
        if (!result.storm().isEmpty()) {
            line("storm", "an event at every boundary: " + result.storm());
        }
    }

    private void tell(Counterexample example) {
        text.append("\n").append(example.violation().invariant()).append(": ");
        text.append(example.violation().detail()).append("\n\nschedule\n");
        example.schedule()
                .forEach(injection -> text.append("  ").append(injection.text()).append('\n'));
        text.append("\nwhat happens\n");
        example.story().forEach(line -> text.append("  ").append(line).append('\n'));
        text.append("\nreplay\n  nmi64 run ").append(report.fixture());
        example.schedule().forEach(injection -> text.append(" --inject ").append(injection.text()));
        text.append('\n');
    }

    private void others(List<Counterexample> others) {
        if (others.isEmpty()) {
            return;
        }
        text.append("\nalso with ").append(report.events()).append(" events\n");
        for (Counterexample other : others) {
            text.append("  ").append(other.violation().invariant());
            text.append(" (").append(other.violation().subject()).append("): ");
            text.append(other.violation().detail()).append("\n    ");
            text.append(schedule(other)).append('\n');
        }
    }

    /** The injections of a counterexample on one line. */
    static String schedule(Counterexample example) {
        return example.schedule().stream().map(Injection::text).collect(Collectors.joining(" "));
    }
}
