package io.github.nmi64.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.explore.Counterexample;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shards are joined by a program just as by {@code merge}, whether their results were written to files or not. */
class ShardResultsTest {
    private static final String HOLDS = "catalogue/v37-plain-kernel";
    private static final String BREAKS = "catalogue/b02-rdi-lost-in-handler-kernel";

    @ParameterizedTest
    @CsvSource({HOLDS + ", OK", BREAKS + ", OK", "rfc/nested-handler, FAILED"})
    void joined_they_come_to_what_one_check_comes_to(String fixture, Standing standing) {
        CheckReport whole = Shards.of(fixture, 1).get(0).report();
        CheckReport joined = new ShardResults(Shards.of(fixture, 3)).joined();

        assertThat(joined.verdict()).isEqualTo(whole.verdict());
        assertThat(joined.standing()).isEqualTo(whole.standing()).isEqualTo(standing);
        assertThat(joined.example().map(Counterexample::schedule))
                .isEqualTo(whole.example().map(Counterexample::schedule));
        assertThat(joined.shard()).isEqualTo(new CheckReport.Shard(1, 1, 3));
    }

    @Test
    void those_of_another_check_or_too_few_are_refused() {
        List<ShardResults.Named> two = Shards.of(HOLDS, 2);

        assertThatThrownBy(() -> new ShardResults(two.subList(1, 2)))
                .isInstanceOf(UnusableResultException.class)
                .hasMessageStartingWith("shard 1/2 is missing;");
        assertThatThrownBy(() -> new ShardResults(List.of(two.get(0), two.get(0))))
                .isInstanceOf(UnusableResultException.class)
                .hasMessageContaining("are both shard 1/2");
        assertThatThrownBy(() -> new ShardResults(
                        List.of(two.get(0), Shards.of(BREAKS, 2).get(1))))
                .isInstanceOf(UnusableResultException.class)
                .hasMessageContaining("differ in image");
    }
}
