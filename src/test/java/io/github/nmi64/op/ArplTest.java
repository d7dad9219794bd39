package io.github.nmi64.op;

import static io.github.nmi64.op.SystemMachine.DATA;
import static io.github.nmi64.op.SystemMachine.READ_ONLY_DATA;
import static io.github.nmi64.op.SystemMachine.USER_DATA;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ARPL in its only home among our modes, compatibility mode (SDM vol. 2, "ARPL"). */
class ArplTest {
    private static final String ARPL_CX_TO_AX = "63c8";
    private static final String ARPL_CX_TO_MEMORY = "6308"; // at DS:EAX
    private static final int WRITABLE = 0xc0f3;
    private static final int READ_ONLY = 0xc0f1;

    @ParameterizedTest(name = "{0} by {1}")
    @CsvSource({
        "0x0030, 0x0003, 0x0033, true",
        "0x0030, 0xfff1, 0x0031, true", // only the RPL of the source counts
        "0x0031, 0x0002, 0x0032, true",
        "0x0033, 0x0003, 0x0033, false",
        "0x0033, 0x0000, 0x0033, false", // never lowered
        "0x0000, 0x0000, 0x0000, false"
    })
    void raises_the_rpl_and_tells_so(String selector, String caller, String expected, boolean raised) {
        SystemMachine machine = new SystemMachine().user32().code(ARPL_CX_TO_AX);
        machine.flags(Rflags.CF | Rflags.SF | (raised ? 0 : Rflags.ZF));
        machine.set(Gpr.RAX, 0x5678_0000L | Integer.decode(selector));
        machine.set(Gpr.RCX, Integer.decode(caller));
        machine.succeed();

        assertThat(machine.reg(Gpr.RAX)).isEqualTo(0x5678_0000L | Integer.decode(expected));
        assertThat(machine.state.rflags & Rflags.STATUS).isEqualTo(Rflags.CF | Rflags.SF | (raised ? Rflags.ZF : 0));
    }

    @Test
    void writes_two_bytes_of_memory() {
        SystemMachine machine = reading(USER_DATA, WRITABLE);
        machine.set(Gpr.RCX, 3);
        machine.store(DATA, 0x1111_2222_3333_0028L);
        machine.core.memory.flushIfStale();
        machine.succeed();

        assertThat(machine.load(DATA)).isEqualTo(0x1111_2222_3333_002bL);
        assertThat(machine.state.flag(Rflags.ZF)).isTrue();
    }

    @ParameterizedTest(name = "caller {0}")
    @ValueSource(ints = {0, 3})
    void faults_on_read_only_memory_even_if_nothing_changes(int caller) {
        SystemMachine machine = reading(READ_ONLY_DATA, READ_ONLY);
        machine.set(Gpr.RCX, caller);

        assertThat(machine.event()).isEqualTo("#GP(0x0)");
    }

    @Test
    void its_opcode_sign_extends_in_64_bit_mode() {
        SystemMachine machine = new SystemMachine().user().code("48" + ARPL_CX_TO_AX);
        machine.set(Gpr.RAX, 0x8000_0000L);
        machine.succeed();

        assertThat(machine.reg(Gpr.RCX)).isEqualTo(0xffff_ffff_8000_0000L);
    }

    private static SystemMachine reading(int selector, int rights) {
        SystemMachine machine = new SystemMachine().user32().code(ARPL_CX_TO_MEMORY);
        machine.state.segments.load(Segment.DS, selector | 3, 0, 0xffff_ffffL, rights);
        machine.set(Gpr.RAX, DATA);
        return machine;
    }
}
