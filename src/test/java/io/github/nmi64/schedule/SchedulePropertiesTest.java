package io.github.nmi64.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class SchedulePropertiesTest {

    @Property(seed = "20111208")
    void canonical_text_reads_back_to_the_same_schedule(@ForAll("schedules") Schedule schedule) {
        assertThat(Schedule.parse("printed", schedule.text())).isEqualTo(schedule);
        assertThat(Schedule.parse("printed", schedule.text()).text()).isEqualTo(schedule.text());
    }

    @Property(seed = "20111208")
    void any_text_is_either_read_or_refused_with_one_line(@ForAll("almostInjections") String text) {
        try {
            assertThat(Injection.parse(Injection.parse(text).text())).isEqualTo(Injection.parse(text));
        } catch (ScheduleSyntaxException e) {
            assertThat(e).hasMessageStartingWith("'").hasMessageContaining("': expected ");
            assertThat(e.getMessage()).hasLineCount(1);
        }
    }

    @Property(seed = "20111208", tries = 300)
    void random_places_are_distinct_ascending_and_below_the_horizon(
            @ForAll long seed, @ForAll("counts") int count, @ForAll("horizons") long horizon) {
        long[] positions = new When.Seeded(seed, count).positions(horizon);

        assertThat(positions).hasSize(count).isSorted().doesNotHaveDuplicates();
        assertThat(positions[0]).isNotNegative();
        assertThat(positions[count - 1]).isLessThan(Math.max(horizon, count));
    }

    @Provide
    Arbitrary<Integer> counts() {
        return Arbitraries.integers().between(1, 200);
    }

    @Provide
    Arbitrary<Long> horizons() {
        return Arbitraries.oneOf(
                Arbitraries.longs().between(0, 300), Arbitraries.longs().between(0, Long.MAX_VALUE));
    }

    @Provide
    Arbitrary<String> almostInjections() {
        return Arbitraries.of(
                        "nmi",
                        "mce",
                        "intr:",
                        "@",
                        "cycle=",
                        "at=",
                        "after=",
                        "every=",
                        "random=",
                        "hit=",
                        "count=",
                        "from=",
                        "reset",
                        ",",
                        "+",
                        "0x",
                        "17",
                        "do_nmi",
                        "iretq",
                        " ",
                        "\n",
                        "#",
                        "-",
                        "9223372036854775808",
                        "\u00e9")
                .list()
                .ofMaxSize(8)
                .map(parts -> String.join("", parts));
    }

    @Provide
    Arbitrary<Schedule> schedules() {
        return Combinators.combine(kinds(), whens())
                .as(Injection::new)
                .list()
                .ofMaxSize(6)
                .map((List<Injection> injections) -> new Schedule(injections));
    }

    private static Arbitrary<InjectedEvent> kinds() {
        return Arbitraries.oneOf(
                Arbitraries.of(InjectedEvent.NMI, InjectedEvent.MCE, InjectedEvent.DB),
                Arbitraries.integers().between(16, 255).map(InjectedEvent::intr));
    }

    private static Arbitrary<When> whens() {
        Arbitrary<Long> naturals = Arbitraries.longs().greaterOrEqual(0);
        Arbitrary<Long> positives = Arbitraries.longs().greaterOrEqual(1);
        Arbitrary<When.Origin> origins = Arbitraries.of(When.Origin.class);
        Arbitrary<Long> canonical = Arbitraries.longs().map(address -> address << 16 >> 16);
        Arbitrary<String> symbols = Combinators.combine(
                        Arbitraries.of("_", ".L", "$", "nmi"),
                        Arbitraries.strings().withChars("azAZ09_.$").ofMaxLength(12))
                .as(String::concat);
        Arbitrary<String> mnemonics = Arbitraries.of("iretq", "hlt", "movsb", "int3", "cmpxchg16b");
        return Arbitraries.oneOf(
                Combinators.combine(naturals, origins).as(When.AtCycle::new),
                Combinators.combine(naturals, origins).as(When.AtStep::new),
                Combinators.combine(symbols, naturals, positives).as(When.AtSymbol::new),
                Combinators.combine(canonical, positives).as(When.AtAddress::new),
                Combinators.combine(mnemonics, positives).as(When.After::new),
                Combinators.combine(positives, naturals, origins).as(When.Every::new),
                Combinators.combine(Arbitraries.longs(), Arbitraries.integers().between(1, When.Seeded.MOST), origins)
                        .as(When.Seeded::new));
    }
}
