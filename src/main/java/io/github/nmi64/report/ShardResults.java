package io.github.nmi64.report;

import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.CheckResult.Limit;
import io.github.nmi64.explore.CheckResult.Verdict;
import io.github.nmi64.explore.Counterexample;
import io.github.nmi64.explore.Coverage;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.report.CheckReport.Shard;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/** The results of all shards of one check. */
public final class ShardResults {
    private static final Comparator<Counterexample> FEWEST = Comparator.<Counterexample>comparingInt(
                    example -> example.schedule().size())
            .thenComparingLong(example -> example.violation().retired())
            .thenComparing(example -> example.violation().invariant())
            .thenComparing(example -> example.violation().subject());

    private final List<CheckReport> shards;

    /**
     * A result.
     *
     * @param name what to call it in errors, such as the file it was read from
     */
    public record Named(String name, CheckReport report) {}

    /**
     * Takes the results of a check.
     *
     * @throws UnusableResultException if they are not those of each of its shards once
     */
    public ShardResults(List<Named> named) {
        Named first = named.get(0);
        Map<Integer, String> seen = new HashMap<>();
        for (Named one : named) {
            belongTogether(first, one);
            Shard shard = one.report().shard();
            String other = seen.putIfAbsent(shard.number(), one.name());
            if (other != null) {
                throw new UnusableResultException(
                        one.name() + " and " + other + " are both shard " + shard.text() + "; give each once");
            }
        }
        int shards = first.report().shard().of();
        IntStream.rangeClosed(1, shards)
                .filter(shard -> !seen.containsKey(shard))
                .findFirst()
                .ifPresent(missing -> {
                    throw new UnusableResultException("shard " + missing + "/" + shards
                            + " is missing; create it with 'check "
                            + first.report().fixture() + " --shard " + missing + "/" + shards + " --result json'");
                });
        this.shards = named.stream().map(Named::report).toList();
    }

    private static void belongTogether(Named first, Named one) {
        same(first, one, "image", first.report().image(), one.report().image());
        same(first, one, "directives", first.report().outside(), one.report().outside());
        same(
                first,
                one,
                "events",
                first.report().result().events(),
                one.report().result().events());
        same(
                first,
                one,
                "number of shards",
                first.report().shard().of(),
                one.report().shard().of());
    }

    private static void same(Named first, Named one, String what, Object expected, Object found) {
        if (!found.equals(expected)) {
            throw new UnusableResultException(
                    one.name() + " and " + first.name() + " differ in " + what + "; give the shards of one check");
        }
    }

    /** One result for all: violated if one is, else bounded if one is, else proved. */
    public CheckReport joined() {
        CheckReport first = shards.get(0);
        Shard whole = new Shard(1, 1, shards.size());
        double seconds = shards.stream().mapToDouble(CheckReport::seconds).sum();
        CheckResult result = result();
        return new CheckReport(
                first.fixture(),
                first.image(),
                first.expected(),
                whole,
                result,
                seconds,
                first.outside(),
                Optional.empty(),
                first.replay());
    }

    private CheckResult result() {
        Verdict verdict = shards.stream()
                .map(shard -> shard.result().verdict())
                .max(Comparator.naturalOrder()) // the constants are in the order of what they outweigh
                .orElseThrow();
        return new CheckResult(
                verdict,
                verdict == Verdict.BOUNDED ? reason() : "",
                shards.get(0).result().events(),
                layers(verdict),
                sum(CheckResult::states),
                sum(CheckResult::transitions),
                sum(CheckResult::memoryBytes),
                examples(),
                shards.stream()
                        .flatMap(shard -> shard.result().liveWords().stream())
                        .distinct()
                        .sorted()
                        .toList(),
                shards.stream().anyMatch(shard -> shard.result().withTime()),
                verdict == Verdict.VIOLATED ? "" : shards.get(0).result().storm(),
                verdict == Verdict.BOUNDED ? limit() : Limit.NONE,
                coverage());
    }

    private long sum(ToLongFunction<CheckResult> figure) {
        return shards.stream().map(CheckReport::result).mapToLong(figure).sum();
    }

    /** What all shards have explored; one that is proved has explored any number of events. */
    private int layers(Verdict verdict) {
        IntStream layers = shards.stream()
                .filter(shard -> verdict == Verdict.PROVED || shard.result().verdict() != Verdict.PROVED)
                .mapToInt(shard -> shard.result().layers());
        return (verdict == Verdict.PROVED ? layers.max() : layers.min()).orElseThrow();
    }

    /** One that stopped short counts more than one that came to its bound. */
    private Limit limit() {
        return shards.stream()
                .map(shard -> shard.result().limit())
                .filter(limit -> limit != Limit.NONE)
                .max(Comparator.naturalOrder())
                .orElse(Limit.EVENTS);
    }

    private Coverage coverage() {
        Coverage first = shards.get(0).result().coverage();
        List<Coverage> all =
                shards.stream().map(shard -> shard.result().coverage()).toList();
        return new Coverage(
                first.watched(),
                first.notWatched(),
                all.stream().mapToLong(Coverage::boundaries).sum(),
                all.stream().mapToLong(Coverage::arrivals).sum(),
                first.neverPossible().stream()
                        .filter(kind -> all.stream()
                                .allMatch(other -> other.neverPossible().contains(kind)))
                        .toList(),
                all.stream()
                        .flatMap(one -> one.assumptions().stream())
                        .distinct()
                        .toList());
    }

    private String reason() {
        return shards.stream()
                .filter(shard -> shard.result().verdict() == Verdict.BOUNDED)
                .min(Comparator.comparingInt(shard -> shard.result().layers()))
                .map(shard -> shard.result().reason())
                .orElse("");
    }

    /** Those with the fewest events, the shortest about each subject. */
    private List<Counterexample> examples() {
        Map<String, Counterexample> about = new LinkedHashMap<>();
        shards.stream()
                .flatMap(shard -> shard.result().counterexamples().stream())
                .sorted(FEWEST)
                .forEach(example -> about.putIfAbsent(subject(example.violation()), example));
        int fewest = about.values().stream()
                .mapToInt(example -> example.schedule().size())
                .min()
                .orElse(0);
        return about.values().stream()
                .filter(example -> example.schedule().size() == fewest)
                .toList();
    }

    private static String subject(Violation violation) {
        return violation.invariant() + " " + violation.subject();
    }
}
