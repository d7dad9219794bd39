package io.github.nmi64.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.machine.BootImage;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.schedule.When;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.Tee;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where each form of WHEN raises the line: in terms of retired instructions, on a program without an IDT and blocked NMIs. */
class ScheduledArrivalsTest {
    private static final long CODE = 0x10_0000;
    private static final Map<String, Long> SYMBOLS = Map.of("loop", CODE + 5, "end", CODE + 9);

    // mov $5,%ecx; loop: inc %eax; dec %ecx... 5 times; end: nop; hlt
    private static final String PROGRAM = "b9 05 00 00 00  ff c0  e2 fc  90 f4";

    private static List<String> edges(String schedule) {
        return edges(schedule, OptionalLong.empty());
    }

    private static List<String> edges(String schedule, OptionalLong window) {
        return edges(schedule, window, machine -> {});
    }

    private static List<String> edges(String schedule, OptionalLong window, Consumer<Machine> change) {
        byte[] code = HexFormat.of().parseHex(PROGRAM.replace(" ", ""));
        Machine machine =
                new Machine(new BootImage(CODE).segment(CODE, code, code.length), Rules.INTEL, CostModel.UNIT);
        machine.state().interrupts.nmiBlocked = true;
        change.accept(machine);
        long base = machine.core().codeBase;
        ScheduledArrivals arrivals = new ScheduledArrivals(
                Schedule.parse("test", schedule),
                ScheduledArrivalsTest::address,
                window,
                new ScheduledArrivals.Horizon(13, 3));
        List<String> seen = new ArrayList<>();
        TraceSink recorder = new TraceSink() {
            @Override
            public void nmiAsserted(CpuState state, long cycle, long retired) {
                seen.add(retired + "@+" + (state.rip + base - CODE & 0xffff_ffffL));
            }
        };
        machine.cpu().arrivals(arrivals);
        machine.cpu().sink(Tee.of(recorder, arrivals));
        machine.run(1000, 1000);
        arrivals.unfired().forEach(injection -> seen.add("unfired " + injection.text()));
        return seen;
    }

    private static long address(When when) {
        When.AtSymbol at = (When.AtSymbol) when;
        return SYMBOLS.get(at.symbol()) + at.offset();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    nmi@cycle=0             | 0@+0
                    nmi@cycle=3             | 3@+5
                    nmi@step=0              | 0@+0
                    nmi@step=4              | 4@+7
                    nmi@at=loop             | 1@+5
                    nmi@at=loop,hit=3       | 5@+5
                    nmi@at=loop+2           | 2@+7
                    nmi@at=0x100009         | 11@+9
                    nmi@after=mov           | 1@+5
                    nmi@after=loop,hit=2    | 5@+5
                    nmi@after=inc,hit=5     | 10@+7
                    nmi@after=ud2           | unfired nmi@after=ud2,hit=1
                    nmi@at=loop,hit=6       | unfired nmi@at=loop,hit=6
                    nmi@step=99             | unfired nmi@step=99
                    """)
    void one_arrival(String schedule, String edge) {
        assertThat(edges(schedule)).containsExactly(edge);
    }

    /** The same program as 32-bit code, at a base with which the sum passes 4 GiB. */
    @Test
    void an_address_is_linear_and_wraps_in_compatibility_mode() {
        assertThat(edges("nmi@at=loop,hit=3", OptionalLong.empty(), machine -> {
                    machine.state().segments.load(Segment.CS, 0x08, 0xffff_f000L, 0xffff_ffffL, 0xc09b);
                    machine.state().rip = CODE + 0x1000;
                    machine.core().modeChanged();
                }))
                .containsExactly("5@+5");
    }

    /** The window begins before inc, where one instruction has retired; dec and loop follow. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    nmi@cycle=0                     | 1@+5
                    nmi@cycle=3                     | 4@+7
                    nmi@cycle=3,from=reset          | 3@+5
                    nmi@step=0                      | 1@+5
                    nmi@step=4                      | 5@+5
                    nmi@step=4,from=reset           | 4@+7
                    nmi@step=9223372036854775807    | unfired nmi@step=9223372036854775807
                    nmi@cycle=9223372036854775807   | unfired nmi@cycle=9223372036854775807
                    nmi@at=loop                     | 1@+5
                    nmi@after=mov                   | 1@+5
                    """)
    void progress_counts_from_the_window_or_from_the_reset(String schedule, String edge) {
        assertThat(edges(schedule, OptionalLong.of(SYMBOLS.get("loop")))).containsExactly(edge);
    }

    @Test
    void a_storm_counts_from_the_window_or_from_the_reset() {
        OptionalLong window = OptionalLong.of(CODE + 5);

        assertThat(edges("nmi@every=4,from=2", window).subList(0, 2)).containsExactly("3@+5", "7@+5");
        assertThat(edges("nmi@every=4", window).subList(0, 2)).containsExactly("5@+5", "9@+5");
        assertThat(edges("nmi@every=4,from=reset+2", window).subList(0, 2)).containsExactly("2@+7", "6@+7");
        assertThat(edges("nmi@every=4,from=reset", window).subList(0, 2)).containsExactly("4@+7", "8@+7");
    }

    @Test
    void seeded_places_are_drawn_from_the_window_or_from_the_run() {
        OptionalLong window = OptionalLong.of(CODE + 5);

        assertThat(edges("nmi@random=7,count=3", window)).containsExactly("1@+5", "2@+7", "3@+5");
        assertThat(edges("nmi@random=7,count=13,from=reset", window))
                .hasSize(13)
                .contains("0@+0");
    }

    @Test
    void a_window_that_is_never_reached_leaves_its_arrivals_unfired() {
        assertThat(edges("nmi@cycle=0\nnmi@every=1\nnmi@random=1,count=1", OptionalLong.of(CODE + 0x100)))
                .containsExactly("unfired nmi@cycle=0", "unfired nmi@every=1,from=1", "unfired nmi@random=1,count=1");
    }

    @Test
    void several_kinds_keep_the_order_of_the_schedule_when_the_window_opens() {
        assertThat(edges("nmi@cycle=0\nnmi@at=loop\nnmi@step=0", OptionalLong.of(CODE + 5)))
                .containsExactly("1@+5", "1@+5", "1@+5");
    }

    @Test
    void a_storm_raises_an_edge_at_every_period() {
        assertThat(edges("nmi@every=4,from=2").subList(0, 3)).containsExactly("2@+7", "6@+7", "10@+7");
    }

    @Test
    void a_storm_at_every_cycle_raises_an_edge_at_every_boundary() {
        assertThat(edges("nmi@every=1,from=0").subList(0, 4)).containsExactly("0@+0", "1@+5", "2@+7", "3@+5");
    }

    @Test
    void seeded_places_lie_below_the_horizon_and_repeat() {
        List<String> first = edges("nmi@random=7,count=4");

        assertThat(first).hasSize(4).isEqualTo(edges("nmi@random=7,count=4"));
        assertThat(first).isNotEqualTo(edges("nmi@random=8,count=4"));
    }

    @Test
    void several_arrivals_at_one_boundary_are_several_edges() {
        assertThat(edges("nmi@step=2\nnmi@at=loop+2")).containsExactly("2@+7", "2@+7");
    }

    @Test
    void an_instruction_that_does_not_exist_is_refused_by_name() {
        assertThatThrownBy(() -> edges("nmi@after=decll"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'nmi@after=decll,hit=1'")
                .hasMessageContaining("unknown mnemonic 'decll'");
    }

    @ParameterizedTest
    @CsvSource({"decl", "dec", "iret", "iretq", "cltq", "cqto", "movabs", "jne"})
    void both_spellings_of_an_instruction_are_known(String mnemonic) {
        assertThat(edges("nmi@after=" + mnemonic)).isNotEmpty();
    }
}
