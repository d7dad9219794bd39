package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.explore.CheckResult.Verdict;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Injection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A search in pieces comes to what it comes to in one piece. */
class CheckpointTest {
    private static final String PROVED = "catalogue/v42-two-int3-user";
    private static final int MEBIBYTE = 1 << 20;

    @TempDir
    private Path directory;

    private CheckResult result =
            CatalogueChecks.check(PROVED, CatalogueChecks.options(PROVED).withMaxEvents(0));
    private int pieces;

    private Path file() {
        return directory.resolve("search.ck");
    }

    /** Explores one piece more; false if it was the last. */
    private boolean resumeFrom(String name, CheckOptions options) throws Exception {
        Explorer piece = new Explorer(CatalogueChecks.fixture(name), options, new CheckProgress());
        if (pieces++ > 0) {
            piece.resumeFrom(Checkpoint.read(file(), CatalogueChecks.fixture(name), options));
        }
        result = piece.run();
        if (piece.checkpoint().isEmpty()) {
            return false;
        }
        piece.checkpoint().get().write(Files.newOutputStream(file()));
        return true;
    }

    @ParameterizedTest(name = "{0}, {1} threads")
    @CsvSource({
        "catalogue/v42-one-int3-user, 1",
        "catalogue/v42-two-int3-user, 1",
        "catalogue/v42-two-int3-user, 2",
        "catalogue/v42-one-int3-user, 2"
    })
    void pieces_as_large_as_memory_allows_prove_what_one_piece_proves(String name, int threads) throws Exception {
        CheckOptions options = CatalogueChecks.options(name).withThreads(threads);
        CheckResult whole = CatalogueChecks.check(name, options);

        long memory = MEBIBYTE;
        while (resumeFrom(name, CatalogueChecks.within(memory, options))) {
            assertThat(result.verdict()).isEqualTo(Verdict.BOUNDED);
            assertThat(result.reason()).contains("memory for states", "--resume");
            memory += memory / 4;
        }

        assertThat(pieces).as("one piece proves nothing here").isGreaterThan(1);
        assertThat(result.verdict()).isEqualTo(Verdict.PROVED);
        assertThat(result.states()).isEqualTo(whole.states());
        assertThat(result.layers()).isEqualTo(whole.layers());
        assertThat(result.liveWords()).isEqualTo(whole.liveWords());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "catalogue/v37-two-int3-kernel",
        "catalogue/b17-short-region",
        "catalogue/b02-rdi-lost-in-handler-user",
        "catalogue/b12-no-region-test-user",
        "catalogue/b18-machine-check-v37-kernel"
    })
    void layer_by_layer_it_comes_to_the_same(String name) throws Exception {
        CheckOptions options = CatalogueChecks.options(name);
        CheckResult whole = CatalogueChecks.check(name, options);

        for (int bound = 0; bound <= whole.layers() && resumeFrom(name, options.withMaxEvents(bound)); bound++) {
            assertThat(result.layers()).isEqualTo(bound);
        }
        resumeFrom(name, options.withMaxEvents(whole.layers() + 1));

        assertThat(result.verdict()).isEqualTo(whole.verdict());
        assertThat(result.layers()).isEqualTo(whole.layers());
        assertThat(result.states()).isEqualTo(whole.states());
        assertThat(result.transitions()).isEqualTo(whole.transitions());
        assertThat(schedules(result)).isEqualTo(schedules(whole));
        assertThat(result.storm()).isEqualTo(whole.storm());
    }

    private static List<List<Injection>> schedules(CheckResult of) {
        return of.counterexamples().stream().map(Counterexample::schedule).toList();
    }

    @Test
    void a_bound_below_what_has_been_explored_ends_the_search_at_once() throws Exception {
        CheckOptions options = CatalogueChecks.options(PROVED);
        assertThat(resumeFrom(PROVED, options.withMaxEvents(2))).isTrue();

        resumeFrom(PROVED, options.withMaxEvents(1));

        assertThat(result.verdict()).isEqualTo(Verdict.BOUNDED);
        assertThat(result.layers()).isEqualTo(2);
    }

    @Test
    void what_is_decided_leaves_nothing_to_go_on_with() throws Exception {
        assertThat(resumeFrom(PROVED, CatalogueChecks.options(PROVED))).isFalse();
    }

    static List<Arguments> others() {
        return List.of(
                other("catalogue/v42-two-int3-kernel", options -> options, "another fixture"),
                other(PROVED, options -> options.withShard(0, 2), "--shard 1/1, not 1/2"),
                other(
                        PROVED,
                        options -> new CheckOptions(
                                List.of(InjectedEvent.NMI, InjectedEvent.MCE),
                                9,
                                1,
                                options.memoryBytes(),
                                0,
                                1,
                                options.costs()),
                        "--events nmi, not nmi,mce"),
                other(PROVED, options -> CatalogueChecks.within(MEBIBYTE, options), "MiB already; raise --memory"));
    }

    private static Arguments other(String name, UnaryOperator<CheckOptions> change, String complaint) {
        return Arguments.of(name, change, complaint);
    }

    @ParameterizedTest(name = "{2}")
    @MethodSource("others")
    void it_goes_on_with_the_same_search_only(String name, UnaryOperator<CheckOptions> change, String complaint)
            throws Exception {
        CheckOptions options = CatalogueChecks.options(PROVED).withMaxEvents(5);
        assertThat(resumeFrom(PROVED, options)).isTrue();

        assertThatThrownBy(() -> Checkpoint.read(file(), CatalogueChecks.fixture(name), change.apply(options)))
                .isInstanceOf(Checkpoint.UnusableException.class)
                .hasMessageContaining(complaint);
    }

    @Test
    void a_file_with_one_bit_changed_or_bytes_missing_is_refused() throws Exception {
        CheckOptions options = CatalogueChecks.options(PROVED).withMaxEvents(1);
        assertThat(resumeFrom(PROVED, options)).isTrue();
        byte[] whole = Files.readAllBytes(file());

        for (int at = 0; at < whole.length; at += 1 + at / 8) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 1;
            assertRefused(damaged, options);
        }
        for (int length : new int[] {0, 1, 7, 8, 15, 16, 17, 100, whole.length - 1}) {
            assertRefused(Arrays.copyOf(whole, length), options);
        }
        assertRefused(Arrays.copyOf(whole, whole.length + 1), options);
    }

    private void assertRefused(byte[] content, CheckOptions options) throws IOException {
        Files.write(file(), content);
        assertThatThrownBy(() -> Checkpoint.read(file(), CatalogueChecks.fixture(PROVED), options))
                .isInstanceOf(Checkpoint.UnusableException.class);
    }
}
