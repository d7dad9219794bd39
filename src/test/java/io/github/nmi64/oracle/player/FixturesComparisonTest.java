package io.github.nmi64.oracle.player;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.oracle.player.Comparison.Agreement;
import io.github.nmi64.schedule.InjectedEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The player and {@code check} over the bundled fixtures. A build compares a part of the repertoire with the verdict the
 * fixture expects; {@code -Dgroups=long} plays all of it and explores as well.
 */
class FixturesComparisonTest {
    /** Damage the player sees in what is proved, and why it is none. */
    private static final Map<String, String> EXPLAINED = new TreeMap<>(Map.of(
            "invariants/left-counter", "a counter, undeclared, which the program does not read",
            "invariants/interrupt-in-service", "the handler's IST stack is not declared",
            "invariants/stack-filled", "the handler's own memory is not declared",
            "invariants/last-place-immaterial", "the word is declared immaterial, which the player does not know"));

    static Stream<String> explorable() {
        return Entries.bundledNames().stream().filter(name -> verdict(name).isPresent());
    }

    private static Optional<CheckPlan.ExpectedVerdict> verdict(String name) {
        return Entries.bundled(name).directives().check().verdict();
    }

    @ParameterizedTest
    @MethodSource("explorable")
    void the_player_finds_no_damage_in_what_is_proved(String name) {
        Fixture fixture = Entries.bundled(name);
        if (verdict(name).orElseThrow().verdict().equals("violated")) {
            return;
        }
        var size = new Repertoire.Size(200, 50, 4711, true);
        Repertoire.Result result = Repertoire.play(new Player(fixture), Entries.kinds(fixture), size);

        assertThat(result.found().filter(found -> !isExplained(name, found.damage())))
                .isEmpty();
        assertThat(result.doubts()).isZero();
    }

    @Tag("long")
    @ParameterizedTest
    @MethodSource("explorable")
    void player_and_explorer_agree(String name) {
        Fixture fixture = Entries.bundled(name);
        List<InjectedEvent> kinds = Entries.kinds(fixture);
        int events = (int) fixture.directives().check().maxEvents().orElse(8);
        var size = new Repertoire.Size(20_000, 2_000, 4711, false);
        Comparison comparison = Comparison.of(fixture, kinds, size, events);
        tell(name, comparison);

        if (comparison.agreement() == Agreement.ALARM) {
            assertThat(comparison.asksForMore()).as(comparison.toString()).isTrue();
        } else if (comparison.agreement() == Agreement.FALSE_PROOF) {
            assertThat(comparison.played().found().filter(found -> !isExplained(name, found.damage())))
                    .isEmpty();
        }
        assertThat(comparison.checked().verdict() == CheckResult.Verdict.VIOLATED)
                .isEqualTo(verdict(name).orElseThrow().verdict().equals("violated"));
    }

    private static boolean isExplained(String name, Damage damage) {
        return EXPLAINED.containsKey(name) && damage.detail().contains("the quadword at");
    }

    /** Those with no verdict, but for {@code cpu/}, whose programs count NMIs to see that the processor delivers them. */
    static Stream<String> scenarios() {
        return Entries.bundledNames().stream().filter(name -> verdict(name).isEmpty() && !name.startsWith("cpu/"));
    }

    @Tag("long")
    @ParameterizedTest
    @MethodSource("scenarios")
    void they_agree_on_what_was_written_for_run(String name) {
        var size = new Repertoire.Size(5_000, 500, 4711, false);
        Comparison comparison = Comparison.of(Entries.scenario(name), List.of(InjectedEvent.NMI), size, 3);
        Repertoire.Result played = comparison.played();
        tell(name, comparison);

        assertThat(comparison.agreement()).as(comparison.toString()).isNotEqualTo(Agreement.FALSE_PROOF);
        assertThat(comparison.agreement() != Agreement.ALARM || comparison.asksForMore())
                .as(comparison.toString())
                .isTrue();
        assertThat(played.doubts()).isZero();
    }

    private static void tell(String name, Comparison comparison) {
        Repertoire.Result played = comparison.played();
        System.out.printf(
                "%s: %d singles, %d pairs, %d random, %d with doubts, %s%n",
                name, played.singles(), played.pairs(), played.randoms(), played.doubts(), comparison);
    }
}
