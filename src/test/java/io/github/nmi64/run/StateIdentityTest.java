package io.github.nmi64.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Directives;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.monitor.InvariantMonitor;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.EventType;
import io.github.nmi64.trace.TraceSink;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What tells two states apart, and what does not. */
class StateIdentityTest {
    private final FixtureRun run = new FixtureRun(
            new Fixtures(new Assembler(Map.of())).resolve("catalogue/v37-plain-kernel"),
            RunOptions.defaults(CostModel.UNIT));
    private final Machine machine = run.machine();
    private final long data = run.fixture().image().symbols().resolve("per_cpu");

    @BeforeEach
    void someSteps() {
        run.begin(TraceSink.NONE);
        for (int i = 0; i < 50; i++) {
            run.step();
        }
    }

    private StateIdentity identity(boolean withTime, String... directives) {
        CheckPlan plan = Directives.parse(
                        "test",
                        String.join("\n", directives),
                        run.fixture().image().symbols())
                .check();
        return new StateIdentity(machine, run.monitor(), plan, withTime);
    }

    private List<Long> take(StateIdentity identity) {
        identity.take();
        long word = machine.state().interrupts.bits();
        return List.of(identity.low(word), identity.high(word));
    }

    private void write(long linear, long value) {
        machine.memory().store64(machine.translate(linear).orElseThrow(), value);
    }

    static Stream<Arguments> differences() {
        return Stream.of(
                difference("rax", t -> t.machine.state().gpr[Gpr.RAX] ^= 1),
                difference("r15", t -> t.machine.state().gpr[Gpr.R15] ^= 1L << 63),
                difference("rip", t -> t.machine.state().rip++),
                difference("cr2", t -> t.machine.state().cr2 ^= 1),
                difference("CPL", t -> t.machine.state().cpl ^= 3),
                difference("a selector", t -> t.machine.state().segments.selector[Segment.FS] ^= 1),
                difference("GS base", t -> t.machine.state().segments.base[Segment.GS] ^= 1),
                difference("kernel GS base", t -> t.machine.state().kernelGsBase ^= 1),
                difference("an NMI latched", t -> t.machine.state().interrupts.nmiLatched ^= true),
                difference("NMIs blocked", t -> t.machine.state().interrupts.nmiBlocked ^= true),
                difference(
                        "a requested vector", t -> t.machine.state().interrupts.request(0x40)),
                difference("a shadow", t -> t.machine.state().interrupts.shadow ^= 1),
                difference("the status of a debug trap", t -> t.machine.state().interrupts.debugStatus ^= 1),
                difference("PAT", t -> t.machine.state().pat ^= 1),
                difference(
                        "the serial port's scratch register",
                        t -> t.machine.ports().out(0x3ff, 1, 7)),
                difference("the serial port's divisor", t -> t.setDivisor(3)),
                difference("memory", t -> t.write(t.data, 0x1234)),
                difference("an interrupted context", t -> t.interrupted(t.machine.state().rip)));
    }

    private void setDivisor(int divisor) {
        machine.ports().out(0x3fb, 1, 0x80);
        machine.ports().out(0x3f8, 1, divisor);
        machine.ports().out(0x3fb, 1, 0);
    }

    private static Arguments difference(String what, Consumer<StateIdentityTest> change) {
        return Arguments.of(what, change);
    }

    private void interrupted(long rip) {
        DeliveredEvent nmi = new DeliveredEvent(EventType.NMI, 2, false, 0, 3, rip, 8, 0x1000, 2, 0x10, 0x2000);
        run.monitor().delivered(machine.state(), nmi, 0, machine.core().retired);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("differences")
    void these_tell_states_apart(String what, Consumer<StateIdentityTest> change) {
        StateIdentity identity = identity(false);
        List<Long> before = take(identity);
        assertThat(take(identity)).isEqualTo(before);

        change.accept(this);

        assertThat(take(identity).get(0)).as(what).isNotEqualTo(before.get(0));
        assertThat(take(identity).get(1)).as(what).isNotEqualTo(before.get(1));
    }

    @Test
    void a_time_stamp_counter_tells_states_apart_if_it_stands_still() {
        for (String rule : List.of("runs", "stopped")) {
            RunOptions options = new RunOptions(
                    Optional.empty(), OptionalLong.empty(), OptionalLong.empty(), CostModel.UNIT, Map.of("tsc", rule));
            FixtureRun other = new FixtureRun(run.fixture(), options);
            StateIdentity identity = new StateIdentity(
                    other.machine(),
                    other.monitor(),
                    other.fixture().directives().check(),
                    false);
            List<Long> before = take(identity);

            other.machine().state().tscOffset++;

            assertThat(take(identity).equals(before)).as(rule).isEqualTo(rule.equals("runs"));
        }
    }

    @Test
    void contexts_interrupted_at_different_places_or_depths_differ() {
        StateIdentity identity = identity(false);
        InvariantMonitor.Snapshot memory = new InvariantMonitor.Snapshot();
        run.monitor().snapshot(memory);
        interrupted(0x10);
        List<Long> one = take(identity);
        run.monitor().restore(memory);
        interrupted(0x11);
        List<Long> other = take(identity);
        interrupted(0x11);

        assertThat(List.of(one, other, take(identity))).doesNotHaveDuplicates();
    }

    @Test
    void when_a_context_was_interrupted_does_not_count() {
        StateIdentity identity = identity(false);
        InvariantMonitor.Snapshot memory = new InvariantMonitor.Snapshot();
        run.monitor().snapshot(memory);
        interrupted(0x10);
        List<Long> early = take(identity);
        run.monitor().restore(memory);
        machine.core().retired += 100;
        interrupted(0x10);

        assertThat(take(identity)).isEqualTo(early);
    }

    @Test
    void time_counts_if_it_is_asked_for_and_the_number_of_instructions_never() {
        StateIdentity without = identity(false);
        StateIdentity with = identity(true);
        List<Long> before = take(without);
        List<Long> beforeWith = take(with);

        machine.core().retired++;
        assertThat(take(without)).isEqualTo(before);
        assertThat(take(with)).isEqualTo(beforeWith);

        machine.core().clock.now++;
        assertThat(take(without)).isEqualTo(before);
        assertThat(take(with)).isNotEqualTo(beforeWith);
    }

    @Test
    void statistics_do_not_count_and_their_neighbours_do() {
        StateIdentity identity = identity(false, "statistics per_cpu per_cpu+12");
        List<Long> before = take(identity);

        write(data, 0x1234);
        write(data + 8, 0x1234);
        assertThat(take(identity)).isEqualTo(before);

        write(data + 8, 0x1_0000_1234L); // in the same quadword, and not declared
        assertThat(take(identity)).isNotEqualTo(before);
    }

    @Test
    void what_was_sent_counts_unless_handlers_send_as_well() {
        StateIdentity identity = identity(false);
        StateIdentity shared = identity(false, "handler-output");
        List<Long> before = take(identity);
        List<Long> beforeShared = take(shared);

        machine.ports().out(0xe9, 1, 'x');

        assertThat(take(identity)).isNotEqualTo(before);
        assertThat(take(shared)).isEqualTo(beforeShared);
    }
}
