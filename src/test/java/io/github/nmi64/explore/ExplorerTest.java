package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.CheckPlan.ExpectedVerdict;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.run.RunReport;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every fixture of the catalogue comes to its verdict, and every counterexample is one. */
class ExplorerTest {
    static Stream<String> all() {
        return CatalogueChecks.expected("proved", "bounded", "violated");
    }

    static Stream<String> violated() {
        return CatalogueChecks.expected("violated");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("all")
    void comes_to_the_expected_verdict(String name) {
        ExpectedVerdict expected = CatalogueChecks.plan(name).verdict().orElseThrow();

        CheckResult result = CatalogueChecks.check(name, CatalogueChecks.options(name));

        assertThat(result.verdict().name().toLowerCase(Locale.ROOT)).isEqualTo(expected.verdict());
        if (!expected.invariant().isEmpty()) {
            assertThat(result.counterexamples()).anySatisfy(example -> {
                assertThat(example.violation().invariant()).isEqualTo(expected.invariant());
                assertThat(example.violation().subject()).contains(expected.subject());
                expected.events()
                        .ifPresent(events -> assertThat(example.schedule()).hasSize((int) events));
            });
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("violated")
    void a_run_with_the_schedule_shows_the_same_violation(String name) {
        CheckResult result = CatalogueChecks.check(name, CatalogueChecks.options(name));
        Fixture fixture = CatalogueChecks.fixture(name);

        for (Counterexample example : result.counterexamples()) {
            RunReport replay = new FixtureRun(
                            fixture, RunOptions.defaults(CostModel.UNIT).withSchedule(new Schedule(example.schedule())))
                    .run(TraceSink.NONE);

            assertThat(replay.unfired()).isEmpty();
            assertThat(replay.found())
                    .as(example.schedule().toString())
                    .extracting(Violation::invariant, Violation::subject)
                    .contains(org.assertj.core.groups.Tuple.tuple(
                            example.violation().invariant(), example.violation().subject()));
        }
    }

    /** The verdict is about the program, not about how it was found. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "catalogue/v37-two-int3-user",
                "catalogue/v42-one-int3-kernel",
                "catalogue/b17-short-region",
                "catalogue/b02-rdi-lost-in-handler-user",
                "catalogue/b12-no-region-test-user",
                "catalogue/b18-machine-check-v37-kernel",
                "catalogue/b38-mov-ss-int3"
            })
    void order_and_threads_do_not_matter(String name) {
        CheckOptions options = CatalogueChecks.options(name);
        CheckResult one = CatalogueChecks.check(name, options);
        CheckResult two = CatalogueChecks.check(name, options.withThreads(2));
        List<BackwardsWorker> workers = new ArrayList<>();
        Explorer other = new Explorer(CatalogueChecks.fixture(name), options, new CheckProgress(), search -> {
            workers.add(new BackwardsWorker(search));
            return workers.get(workers.size() - 1);
        });
        CheckResult backwards = other.run();
        assertThat(workers).anyMatch(worker -> worker.putOff() > 1);
        ;

        assertThat(two.verdict()).isEqualTo(one.verdict());
        assertThat(backwards.verdict()).isEqualTo(one.verdict());
        assertThat(two.layers()).isEqualTo(one.layers());
        assertThat(backwards.layers()).isEqualTo(one.layers());
        assertThat(two.counterexamples()).as("printed is what one thread finds").isEqualTo(one.counterexamples());
        if (one.verdict() == CheckResult.Verdict.PROVED) {
            assertThat(two.states()).isEqualTo(one.states());
            assertThat(backwards.states()).isEqualTo(one.states());
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"catalogue/v37-one-int3-user", "catalogue/b02-rdi-lost-in-handler-kernel"})
    void shards_together_come_to_the_verdict_of_the_whole(String name) {
        CheckOptions options = CatalogueChecks.options(name);
        CheckResult whole = CatalogueChecks.check(name, options);

        Stream<CheckResult> parts =
                Stream.of(0, 1, 2).map(part -> CatalogueChecks.check(name, options.withShard(part, 3)));

        assertThat(parts.map(CheckResult::verdict).max(Comparable::compareTo)).hasValue(whole.verdict());
    }
}
