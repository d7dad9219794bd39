package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.schedule.EventKind;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.trace.TraceSink;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the explorer foretells of an assertion is what the assertion does, at every boundary of a run. */
class ChoiceTest {
    private static final List<EventKind> KINDS = List.of(
            EventKind.NMI,
            EventKind.MCE,
            EventKind.DB,
            EventKind.INT3,
            EventKind.IRET_FAULT,
            EventKind.intr(0x20),
            EventKind.intr(0xff));

    private final String name = "catalogue/v37-one-int3-user";
    private final CheckOptions options = new CheckOptions(
            KINDS, 1, 1, 1 << 28, 0, 1, false, CatalogueChecks.options(name).costs());
    private final Walker walker =
            new Walker(new Search(CatalogueChecks.fixture(name), options, new LiveWords(), false), TraceSink.NONE);
    private final InterruptState interrupts = walker.machine().state().interrupts;
    private final Map<EventKind, Integer> possible = new HashMap<>();

    @Test
    void each_kind_does_what_it_foretells_and_is_possible_once() {
        do {
            for (int kind = 0; kind < KINDS.size(); kind++) {
                Walker.Position here = walker.position();
                raise(kind);
                walker.restore(here);
            }
        } while (walker.step());

        assertThat(possible.keySet()).containsExactlyInAnyOrderElementsOf(KINDS);
        assertThat(possible).containsEntry(EventKind.IRET_FAULT, 1);
    }

    private void raise(int kind) {
        Choice choice = walker.choice(kind);
        if (!choice.isPossible()) {
            return;
        }
        possible.merge(KINDS.get(kind), 1, Integer::sum);
        long requests = interrupts.requestWord();
        long foretold = choice.after(interrupts.word());
        choice.raise();
        assertThat(interrupts.word()).as(KINDS.get(kind).text()).isEqualTo(foretold);
        assertThat(interrupts.requestWord() != requests).isEqualTo(choice.changesRequests());
        assertThat(choice.isPossible()).as("pending already").isFalse();
        if (choice.changesRequests()) {
            choice.withdrawRequest();
            assertThat(interrupts.requestWord()).isEqualTo(requests);
            assertThat(choice.isPossible()).isTrue();
        }
    }

    @Test
    void an_nmi_is_held_while_nmis_are_blocked_and_an_interrupt_while_if_is_clear() {
        Choice nmi = walker.choice(0);
        Choice interrupt = walker.choice(5);
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

    @Test
    void nothing_comes_between_a_failing_iret_and_its_execution() {
        interrupts.iretFault = true;

        for (int kind = 0; kind < KINDS.size(); kind++) {
            assertThat(walker.choice(kind).isPossible()).isFalse();
        }
    }
}
