package io.github.nmi64.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.schedule.Injection;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.schedule.When;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What nmi64 is compared by with every whole machine: each bundled fixture as it stands, and with NMIs at random
 * boundaries. A subclass names the oracle. {@code -Dnmi64.rounds=N} compares N times as many schedules, {@code
 * -Dnmi64.seed=N} others.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class MachineOracleContract {
    private static final int MOST_NMIS = 4;
    private static final int PROGRAMS = 50;
    private static final int ACTIONS = 16;
    private static final int MOST_SHOWN = 5;

    private final MachineOracle oracle;
    private final MachineComparison comparison;
    private final int schedules;

    /**
     * @param schedules random schedules for each fixture and round
     */
    MachineOracleContract(MachineOracle oracle, int schedules) {
        this.oracle = oracle;
        this.comparison = new MachineComparison(oracle);
        this.schedules = schedules;
    }

    /** Before each test, so that each one that is left out is counted as skipped. */
    @BeforeEach
    void the_oracle_can_run() {
        assumeTrue(oracle.missing().isEmpty(), () -> oracle.missing().orElseThrow());
    }

    /** What has been compared so far. */
    MachineComparison comparison() {
        return comparison;
    }

    /** Nobody knows yet which side is right where an oracle is new: its first difference is told, and the test left out. */
    private void agree(List<String> differences) {
        assumeTrue(
                differences.isEmpty() || oracle.judged() || Effort.strict(),
                () -> oracle.name() + " differs, and nobody has judged it yet (-Dnmi64.strict=true shows all): "
                        + differences.get(0).lines().findFirst().orElse(""));
        assertThat(differences).isEmpty();
    }

    static Stream<String> fixtures() {
        return MachineImage.bundledNames().stream();
    }

    private static MachineImage comparable(String name) throws IOException {
        MachineImage image = MachineImage.bundled(name);
        assumeTrue(image.obstacle().isEmpty(), () -> image.obstacle().orElseThrow());
        return image;
    }

    @Execution(ExecutionMode.SAME_THREAD)
    @ParameterizedTest
    @MethodSource("fixtures")
    void a_fixture_runs_alike_under_its_own_schedule(String name) throws IOException {
        MachineImage image = comparable(name);
        Schedule schedule = image.fixture().directives().schedule();
        Optional<String> refused = oracle.refuses(schedule);
        assumeTrue(refused.isEmpty(), refused::get);

        agree(comparison.difference(image, schedule).stream().toList());
    }

    @Execution(ExecutionMode.SAME_THREAD)
    @ParameterizedTest
    @MethodSource("fixtures")
    void a_fixture_runs_alike_with_nmis_at_random_boundaries(String name) throws IOException {
        MachineImage image = comparable(name);
        List<String> differences = new ArrayList<>();
        long instructions = instructions(image);
        for (int round = 0; round < Effort.rounds(); round++) {
            var random = new SplittableRandom(Effort.seed(name.hashCode(), round));
            for (int i = 0; i < schedules; i++) {
                comparison
                        .difference(image, randomSchedule(random, instructions))
                        .ifPresent(differences::add);
            }
        }
        agree(differences);
    }

    @Execution(ExecutionMode.SAME_THREAD)
    @Test
    void random_system_programs_run_alike(@TempDir Path directory) throws IOException {
        List<String> differences = new ArrayList<>();
        for (int round = 0; round < Effort.rounds(); round++) {
            for (int i = 0; i < PROGRAMS && differences.size() < MOST_SHOWN; i++) {
                long seed = Effort.seed(i * 1_000_000_007L, round);
                Path elf = Files.write(directory.resolve("program-" + seed + ".elf"), SystemProgram.elf(seed, ACTIONS));
                MachineImage image = MachineImage.of(elf);
                Schedule schedule = randomSchedule(new SplittableRandom(seed), instructions(image));
                comparison.difference(image, schedule).ifPresent(differences::add);
                Files.delete(elf);
            }
        }
        agree(differences);
    }

    /** A row of the list that has become untrue has to leave it. */
    @Execution(ExecutionMode.SAME_THREAD)
    @Test
    void known_differences_still_occur_where_they_were_seen() throws IOException {
        for (KnownDifference known : oracle.knownDifferences()) {
            if (known.witness().isPresent()) {
                KnownDifference.Witness witness = known.witness().get();
                MachineImage image = MachineImage.bundled(witness.fixture());
                var single = new MachineComparison(oracle);
                single.difference(
                        image,
                        witness.schedule().orElse(image.fixture().directives().schedule()));
                if (single.met().keySet().stream().noneMatch(KvmDifferences::isOfProcessor)) { // else it is not reached
                    assertThat(single.met())
                            .as("%s beside %s", witness, oracle.name())
                            .containsOnlyKeys(known.reason());
                }
            }
        }
    }

    /** What has been compared is worth a line of the build's output. */
    @AfterAll
    void report() {
        if (comparison.runs() > 0) {
            System.out.println(comparison);
        }
    }

    /** How long the fixture runs under its own schedule. */
    private static long instructions(MachineImage image) {
        long last = 0;
        try (MachineOracle.Run run =
                new OwnRun(image, image.fixture().directives().schedule(), MachineComparison.MAX_INSTRUCTIONS)) {
            while (run.hasNext()) {
                last = run.next() instanceof MachineLine.Executed line ? line.n() : last;
            }
        }
        return last + 1;
    }

    /** Nine of ten NMIs in the latter half of the run, where an IDT is loaded; the others anywhere. */
    private static Schedule randomSchedule(SplittableRandom random, long instructions) {
        List<Injection> injections = IntStream.rangeClosed(0, random.nextInt(MOST_NMIS))
                .mapToLong(i -> random.nextInt(10) == 0
                        ? random.nextLong(instructions)
                        : instructions / 2 + random.nextLong(instructions - instructions / 2))
                .sorted()
                .mapToObj(step -> Injection.parse("nmi@" + new When.AtStep(step, When.Origin.RESET).text()))
                .toList();
        return new Schedule(injections);
    }
}
