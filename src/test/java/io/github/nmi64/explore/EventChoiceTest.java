package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Directives;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the explorer foretells of an assertion is what the assertion does, at every boundary of a run. */
class EventChoiceTest {
    private static final List<InjectedEvent> KINDS = List.of(
            InjectedEvent.NMI,
            InjectedEvent.MCE,
            InjectedEvent.DB,
            InjectedEvent.INT3,
            InjectedEvent.IRET_FAULT,
            InjectedEvent.intr(0x20),
            InjectedEvent.intr(0xff));
    private static final int INT3 = KINDS.indexOf(InjectedEvent.INT3);
    private static final int IRET_FAULT = KINDS.indexOf(InjectedEvent.IRET_FAULT);

    private final String name = "catalogue/v37-one-int3-user";
    private final CheckOptions options = new CheckOptions(
            KINDS, 1, 1, 1 << 28, 0, 1, CatalogueChecks.options(name).costs());
    private final List<Integer> vectors = new ArrayList<>();
    private final TraceSink sink = new TraceSink() {
        @Override
        public void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
            vectors.add(event.vector());
        }
    };
    private final Walker walker =
            new Walker(new SearchState(CatalogueChecks.fixture(name), options, new Lessons(), false), sink);
    private final InterruptState interrupts = walker.machine().state().interrupts;
    private final Map<InjectedEvent, Integer> possible = new HashMap<>();

    @Test
    void each_kind_does_what_it_foretells_and_is_possible_once() {
        do {
            for (int kind = 0; kind < KINDS.size(); kind++) {
                Walker.Snapshot here = walker.snapshot();
                raise(kind);
                walker.restore(here);
            }
        } while (walker.step());

        assertThat(possible.keySet()).containsExactlyInAnyOrderElementsOf(KINDS);
        assertThat(possible).containsEntry(InjectedEvent.IRET_FAULT, 1);
    }

    private void raise(int kind) {
        EventChoice choice = walker.choice(kind);
        if (!choice.isPossible()) {
            return;
        }
        possible.merge(KINDS.get(kind), 1, Integer::sum);
        long requests = interrupts.requestBits();
        long foretold = choice.after(interrupts.bits());
        choice.raise();
        assertThat(interrupts.bits()).as(KINDS.get(kind).text()).isEqualTo(foretold);
        assertThat(interrupts.requestBits() != requests).isEqualTo(choice.changesRequests());
        assertThat(choice.isPossible()).as("pending already").isFalse();
        if (choice.changesRequests()) {
            choice.withdrawRequest();
            assertThat(interrupts.requestBits()).isEqualTo(requests);
            assertThat(choice.isPossible()).isTrue();
        }
    }

    @Test
    void an_nmi_is_held_while_nmis_are_blocked_and_an_interrupt_while_if_is_clear() {
        EventChoice nmi = walker.choice(0);
        EventChoice interrupt = walker.choice(5);
        assertThat(nmi.isHeld()).isFalse();
        interrupts.nmiBlocked = true;
        assertThat(nmi.isHeld()).isTrue();
        walker.machine().state().rflags |= 1 << 9;
        assertThat(interrupt.isHeld()).isFalse();
        walker.machine().state().rflags &= ~(1L << 9);
        assertThat(interrupt.isHeld()).isTrue();
        assertThat(walker.choice(1).isHeld())
                .as("machine checks are never held back")
                .isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void nothing_comes_between_what_the_instruction_does_and_its_execution(PartOfInstruction part) {
        part.choose(interrupts);

        for (int kind = 0; kind < KINDS.size(); kind++) {
            assertThat(walker.choice(kind).isPossible()).isFalse();
        }
    }

    private enum PartOfInstruction {
        FAILING_IRET {
            @Override
            void choose(InterruptState interrupts) {
                interrupts.iretFault = true;
            }
        },
        PLANTED_BREAKPOINT {
            @Override
            void choose(InterruptState interrupts) {
                interrupts.injectedInt3 = true;
            }
        };

        abstract void choose(InterruptState interrupts);
    }

    // ---- what is part of the instruction comes after everything else

    private static Arguments due(String what, boolean free, Consumer<CpuState> change) {
        return Arguments.of(what, free, change);
    }

    static Stream<Arguments> dueEvents() {
        Consumer<CpuState> nmi = state -> state.interrupts.nmiLatched = true;
        Consumer<CpuState> trap = state -> state.interrupts.debugTrap = true;
        Consumer<CpuState> request = state -> {
            state.interrupts.request(0x20);
            state.rflags |= Rflags.IF;
        };
        return Stream.of(
                due("nothing", true, state -> {}),
                due("an NMI", false, nmi),
                due("a blocked NMI", true, nmi.andThen(state -> state.interrupts.nmiBlocked = true)),
                due("an NMI behind STI", true, nmi.andThen(shadow(InterruptState.STI_SHADOW))),
                due("an NMI behind MOV SS", true, nmi.andThen(shadow(InterruptState.MOV_SS_SHADOW))),
                due("a machine check", false, state -> state.interrupts.machineCheck = true),
                due(
                        "a machine check behind MOV SS",
                        false,
                        shadow(InterruptState.MOV_SS_SHADOW).andThen(state -> state.interrupts.machineCheck = true)),
                due("a debug trap", false, trap),
                due("a debug trap behind STI", false, trap.andThen(shadow(InterruptState.STI_SHADOW))),
                due("a debug trap behind MOV SS", true, trap.andThen(shadow(InterruptState.MOV_SS_SHADOW))),
                due("a data breakpoint", false, state -> state.interrupts.debugStatus = 1),
                due("a single step", false, state -> state.interrupts.stepping = true),
                due("an interrupt", false, request),
                due("an interrupt behind STI", true, request.andThen(shadow(InterruptState.STI_SHADOW))),
                due("an interrupt with IF clear", true, request.andThen(state -> state.rflags &= ~Rflags.IF)));
    }

    private static Consumer<CpuState> shadow(int shadow) {
        return state -> state.interrupts.shadow = shadow;
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("dueEvents")
    void a_breakpoint_is_planted_only_where_nothing_else_comes_first(
            String due, boolean free, Consumer<CpuState> change) {
        while (!walker.monitor().isOpen()) {
            walker.step();
        }
        change.accept(walker.machine().state());
        assertThat(walker.choice(INT3).isPossible()).isEqualTo(free);

        walker.machine().core().refreshAttention();
        walker.choice(INT3).raise();
        walker.step();
        assertThat(vectors.equals(List.of(Vector.BP)))
                .as("the processor agrees")
                .isEqualTo(free);
    }

    @Test
    void an_iret_fails_only_before_an_iret_to_the_user_and_where_nothing_else_comes_first() {
        while (!walker.choice(IRET_FAULT).isPossible()) {
            assertThat(walker.step()).isTrue();
        }
        CpuState state = walker.machine().state();
        assertThat(walker.machine().peek(state.rip).orElseThrow() & 0xffff).isEqualTo(0xcf48);

        interrupts.nmiLatched = true;
        assertThat(walker.choice(IRET_FAULT).isPossible())
                .as("an NMI comes first")
                .isFalse();
        interrupts.nmiBlocked = true;
        assertThat(walker.choice(IRET_FAULT).isPossible()).isTrue();
        state.cpl = 3;
        assertThat(walker.choice(IRET_FAULT).isPossible())
                .as("not the kernel's IRET")
                .isFalse();
    }

    // ---- regions

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            check-region 0x5 0x7                                    | nmi mce intr:32 intr:255
            check-region 0x5 0x7, check-region 0x9 0xb                 | nmi mce db int3 intr:32 intr:255
            check-region int3 0x9 0xb                              | nmi mce db int3 intr:32 intr:255
            check-region int3 0x5 0x7                               | nmi mce db intr:32 intr:255
            check-region int3 0x9 0xb, check-region 0x5 0x7            | nmi mce int3 intr:32 intr:255
            check-region int3 0x5 0x7, check-region 0x9 0xb            | nmi mce db intr:32 intr:255
            check-region mce,intr:32 0x5 0x7                        | nmi db int3 intr:255
            check-region mce,intr:32 0x5 0xa                       | nmi db int3 intr:255
            check-region mce,intr:32 0x5 0xb                       | nmi mce db int3 intr:32 intr:255
            check-region mce 0x5 0x7, check-region mce 0xa 0xb        | nmi mce db int3 intr:32 intr:255
            check-region nmi 0x5 0x7                                | mce db int3 intr:32 intr:255
            """)
    void each_kind_keeps_to_its_regions(String regions, String expected) {
        walker.machine().state().rip = 10;
        CheckPlan plan = plan(regions);

        assertThat(KINDS.stream()
                        .filter(kind -> choice(kind, plan).isPossible())
                        .map(InjectedEvent::text))
                .containsExactly(expected.split(" "));
    }

    private EventChoice choice(InjectedEvent kind, CheckPlan plan) {
        return new EventChoice(kind, plan, walker.machine(), walker.monitor());
    }

    private static CheckPlan plan(String directives) {
        String lines = directives.replaceAll(", ", "\n");
        return Directives.parse("test", lines, SymbolTable.EMPTY).check();
    }

    @ParameterizedTest(name = "\"{0}\", interrupted through {2} by {1}: {3}")
    @CsvSource(delimiter = '|', textBlock = """
            ''                | EXTERNAL_INTERRUPT | 32  | false
            ''                | EXTERNAL_INTERRUPT | 33  | true
            ''                | SOFTWARE_INTERRUPT | 32  | true
            reasserts 32      | EXTERNAL_INTERRUPT | 32  | true
            reasserts 33      | EXTERNAL_INTERRUPT | 32  | false
            """)
    void an_interrupt_in_service_is_signalled_again_only_if_the_fixture_says_so(
            String directives, io.github.nmi64.trace.EventType type, int vector, boolean possible) {
        CpuState state = walker.machine().state();
        EventChoice choice = choice(InjectedEvent.intr(32), plan(directives));
        assertThat(choice.isPossible()).isTrue();

        walker.monitor()
                .delivered(
                        state, new DeliveredEvent(type, vector, false, 0, 0, 0x1000, 8, 0x2000, 2, 16, 0x1fd0), 0, 0);
        assertThat(choice.isPossible()).isEqualTo(possible);
        assertThat(choice.isAdmitted()).isEqualTo(possible);

        state.gpr[Gpr.RSP] = 0x1fd0;
        walker.monitor().iretBegins(state, false, 0, 0);
        state.rip = 0x1000;
        walker.monitor().iretCompleted(state, 0, 0);
        assertThat(choice.isPossible()).isTrue();
    }
}
