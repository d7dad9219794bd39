package io.github.nmi64.oracle.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.Symbol;
import io.github.nmi64.oracle.Effort;
import io.github.nmi64.oracle.MachineImage;
import io.github.nmi64.oracle.peer.OwnBoundaries.Boundary;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Injection;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.schedule.When;
import io.github.nmi64.timing.CostModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Walks a peer along the bundled fixtures, with the fixture's own schedule, from where its set-up ends. {@code
 * -Dnmi64.rounds=N} with N from 2 takes all of them, walks from reset, and N-1 times more with NMIs at random boundaries;
 * {@code -Dnmi64.seed=N} draws others.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class PeerContract {
    /** Where the set-up that all fixtures share ends. */
    private static final String SET_UP = "fixture_main";

    private static final String LARGE_FAMILY = "catalogue/";
    private static final int PART = 5;
    private static final int MOST_NMIS = 4;
    private static final int MOST_BOUNDARIES = 20_000;

    private final PeerMachine machine;
    private final Map<String, Integer> met = new TreeMap<>();
    private byte[] shim = {};
    private int walks;
    private long compared;
    private int leftOut;

    private Path scratch = Path.of("target");

    PeerContract(PeerMachine machine) {
        this.machine = machine;
    }

    /** All, or in an ordinary build every family whole and a fixed part of the large one. */
    static Stream<String> fixtures() {
        List<String> names = MachineImage.bundledNames();
        return IntStream.range(0, names.size())
                .filter(i -> Effort.rounds() > 1 || !names.get(i).startsWith(LARGE_FAMILY) || i % PART == 0)
                .mapToObj(names::get);
    }

    @BeforeAll
    void assemble(@TempDir Path directory) throws Exception {
        scratch = directory;
        if (machine.missing().isEmpty()) {
            Path object = scratch.resolve("shim.o");
            Path bytes = scratch.resolve("shim.bin");
            run("as", "--64", "-o", object.toString(), "scripts/peers/shim.S");
            run("objcopy", "-O", "binary", "-j", ".text", object.toString(), bytes.toString());
            shim = Files.readAllBytes(bytes);
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                .as(command[0])
                .isZero();
    }

    /** Before each test, so that each one that is left out is counted as skipped. */
    @BeforeEach
    void the_peer_can_run() {
        assumeTrue(machine.missing().isEmpty(), () -> machine.missing().orElseThrow());
    }

    @Execution(ExecutionMode.SAME_THREAD)
    @ParameterizedTest
    @MethodSource("fixtures")
    void a_fixture_runs_alike_at_every_boundary(String name) throws IOException {
        MachineImage image = MachineImage.bundled(name);
        Fixture fixture = image.fixture();
        OwnBoundaries own = OwnBoundaries.of(fixture, machine.options());
        Optional<String> obstacle = image.obstacle().or(() -> obstacle(own));
        assumeTrue(obstacle.isEmpty(), obstacle::get);

        assertAlike(fixture, own, Effort.rounds() > 1);
        for (int round = 1; round < Effort.rounds(); round++) {
            walkWithRandomNmis(fixture, own, new SplittableRandom(Effort.seed(name.hashCode(), round)));
        }
    }

    @Execution(ExecutionMode.SAME_THREAD)
    @Test
    void the_set_up_runs_alike_from_reset() throws IOException {
        Fixture fixture = MachineImage.bundled("cpu/ist-reread").fixture();

        assertAlike(fixture, OwnBoundaries.of(fixture, machine.options()), true);
    }

    private void walkWithRandomNmis(Fixture fixture, OwnBoundaries undisturbed, SplittableRandom random)
            throws IOException {
        int begin = setUpEnds(fixture, undisturbed);
        int most = Math.max(begin + 1, undisturbed.boundaries().size() - 1);
        Schedule schedule = new Schedule(IntStream.rangeClosed(0, random.nextInt(MOST_NMIS))
                .mapToObj(i -> new When.AtStep(begin + random.nextInt(most - begin), When.Origin.RESET))
                .sorted(Comparator.comparingLong(When.AtStep::step))
                .map(when -> Injection.parse("nmi@" + when.text()))
                .toList());
        OwnBoundaries own = OwnBoundaries.of(fixture, machine.options().withSchedule(schedule));
        if (obstacle(own).isPresent()) {
            leftOut++;
        } else {
            assertAlike(fixture, own, false);
        }
    }

    private Optional<String> obstacle(OwnBoundaries own) {
        if (own.outcome() == Outcome.UNSUPPORTED || own.boundaries().size() > MOST_BOUNDARIES) {
            return Optional.of("nmi64 ends with " + own.outcome() + " after "
                    + own.boundaries().size() + " boundaries");
        }
        return own.boundaries().stream()
                .flatMap(boundary -> obstacle(boundary).stream())
                .findFirst();
    }

    private Optional<String> obstacle(Boundary boundary) {
        for (InjectedEvent kind : boundary.raised()) {
            if (kind.event() != InjectedEvent.Kind.NMI && kind.event() != InjectedEvent.Kind.INTR) {
                return Optional.of("a peer has no way to raise " + kind.text());
            }
        }
        return switch (machine) {
            case QEMU -> Optional.empty();
            case BOCHS -> BochsPeer.obstacle(boundary);
        };
    }

    private static int setUpEnds(Fixture fixture, OwnBoundaries own) {
        return fixture.image()
                .symbols()
                .find(SET_UP)
                .map(Symbol::address)
                .map(own::first)
                .orElse(0);
    }

    private void assertAlike(Fixture fixture, OwnBoundaries own, boolean fromReset) throws IOException {
        int from = fromReset ? 0 : setUpEnds(fixture, own);
        Path rom = scratch.resolve("rom");
        PeerRom.write(
                new FixtureRun(fixture, RunOptions.defaults(CostModel.UNIT)).machine(),
                shim,
                machine.needsTimer(),
                rom);
        Lockstep.Result result;
        String serial;
        try (Peer peer = machine.start(
                rom, scratch, own.boundaries().get(from).registers().get(Registers.RIP))) {
            result = Lockstep.walk(fixture, own, from, peer, machine.quirks());
            peer.close();
            serial = peer.serial();
        }
        walks++;
        compared += result.compared;
        result.met.forEach(quirk -> met.merge(quirk.reason(), 1, Integer::sum));
        assertThat(result.unknown)
                .as(() -> "%s beside %s".formatted(fixture.name(), machine))
                .isEmpty();
        if (result.met.stream().noneMatch(quirk -> quirk.effect() == Quirk.Effect.STOP)) {
            assertThat(serial).isEqualTo(own.serial());
        }
    }

    /** What has been compared is worth a line of the build's output, and a quirk that is gone leaves the list. */
    @AfterAll
    void report() {
        if (walks > fixtures().count() / 2) {
            System.out.printf(
                    "%d walks beside %s, %d boundaries compared, %d schedules left out; met: %s%n",
                    walks, machine, compared, leftOut, met);
            Set<String> reasons = machine.quirks().stream()
                    .map(Quirk::reason)
                    .filter(reason -> !Quirks.RARE.contains(reason))
                    .collect(Collectors.toCollection(LinkedHashSet::new));
            assertThat(met.keySet()).as("the known differences occur").containsAll(reasons);
        }
    }
}
