package io.github.nmi64.cpu;

import static io.github.nmi64.isa.Vector.NMI;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.state.Rflags;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The one-deep latch under every order of edges, boundaries and IRETs, against a model of three lines. */
class LatchOrderTest {
    private static final int LONGEST = 7;

    private enum Act {
        /** A rising edge. */
        EDGE,
        /** A step at an instruction without any effect. */
        BOUNDARY,
        /** A step at an IRET. */
        IRET
    }

    private final TestMachine machine = GuestProgram.kernel("sled: eb fe ; jmp\n")
            .at(0x21_0000, CodeMode.LONG64, "iret: 48 cf ; iretq\n")
            .boot();
    private final Deque<Act> order = new ArrayDeque<>();
    private int orders;

    @Test
    @DisplayName("TP-004 to TP-009: latch, merge, block and unblock under all orders of edge, boundary and IRET")
    void every_order() {
        long frame = GuestProgram.DATA;
        machine.store(frame, machine.address("sled"))
                .store(frame + 8, GuestProgram.KERNEL_CODE)
                .store(frame + 16, Rflags.FIXED)
                .store(frame + 24, GuestProgram.KERNEL_STACK)
                .store(frame + 32, GuestProgram.KERNEL_DATA);
        explore(false, false);

        assertThat(orders).isEqualTo((int) ((Math.pow(3, LONGEST + 1) - 3) / 2));
    }

    private void explore(boolean latched, boolean blocked) {
        if (order.size() == LONGEST) {
            return;
        }
        Machine.Snapshot here = machine.machine().snapshot();
        for (Act act : Act.values()) {
            machine.machine().restore(here);
            machine.log().clear();
            order.addLast(act);
            orders++;
            perform(act);
            boolean delivers = act != Act.EDGE && latched && !blocked;
            boolean nowLatched = act == Act.EDGE || latched && !delivers;
            boolean nowBlocked = delivers || blocked && act != Act.IRET;
            assertThat(machine.log().count(NMI))
                    .as("deliveries after %s", order)
                    .isEqualTo(delivers ? 1 : 0);
            assertThat(machine.latched()).as("latched after %s", order).isEqualTo(nowLatched);
            assertThat(machine.blocked()).as("blocked after %s", order).isEqualTo(nowBlocked);
            assertThat(machine.story().contains("merged")).isEqualTo(act == Act.EDGE && latched);
            explore(nowLatched, nowBlocked);
            order.removeLast();
        }
    }

    private void perform(Act act) {
        switch (act) {
            case EDGE -> machine.nmi();
            case BOUNDARY -> machine.jumpTo("sled").step();
            case IRET -> machine.jumpTo("iret").set(Gpr.RSP, GuestProgram.DATA).step();
        }
    }
}
