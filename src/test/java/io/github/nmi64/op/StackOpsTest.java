package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StackOpsTest {
    private static final long STACK = BareCore.STACK;

    @ParameterizedTest(name = "{1}")
    @CsvSource({
        "54,          push rsp,           80078, 80078, 80080",
        "FF 74 24 08, push [rsp+8],       80078, 80078, 2222",
        "66 54,       push sp,            8007e, 8007e, 11110080",
        "5C,          pop rsp,            1111,  80080, 1111",
        "66 5C,       pop sp,             81111, 80080, 1111",
        "8F 44 24 08, pop [rsp+8],        80088, 80090, 1111",
        "8F 04 24,    pop [rsp],          80088, 80088, 1111",
        "6A FF,       push -1,            80078, 80078, ffffffffffffffff",
        "66 6A FF,    push -1 (16 bits),  8007e, 8007e, 1111ffff",
        "68 00 00 00 80, push -0x80000000, 80078, 80078, ffffffff80000000",
    })
    @DisplayName("TP-247: PUSH and POP of RSP and of operands that use it")
    void push_and_pop_of_the_stack_pointer(String code, String text, String rsp, String address, String value) {
        BareCore bare = new BareCore();
        bare.memory.store64(STACK, 0x1111);
        bare.memory.store64(STACK + 8, 0x2222);

        bare.run(BareCore.bytes(code));

        assertThat(bare.state.gpr[Gpr.RSP]).as(text).isEqualTo(Long.parseLong(rsp, 16));
        assertThat(bare.memory.load64(Long.parseLong(address, 16))).isEqualTo(Long.parseUnsignedLong(value, 16));
    }

    @Test
    void a_pop_that_faults_on_its_destination_leaves_rsp() {
        BareCore bare = new BareCore();
        bare.state.gpr[Gpr.RAX] = BareCore.ABSENT;

        var fault = bare.step(0x8f, 0x00); // pop [rax]

        assertThat(fault).isNotNull().extracting("vector").isEqualTo(Vector.PF);
        assertThat(bare.state.gpr[Gpr.RSP]).isEqualTo(STACK);
    }

    @ParameterizedTest(name = "{0} at CPL {1}: {2} popping {3} gives {4}")
    @CsvSource({
        // code, CPL, before,     popped,           after
        "9D,     0,   00000002,   ffffffffffffffff, 00247fd7",
        "9D,     0,   001b3202,   0000000000000000, 001a0002",
        "9D,     3,   00003002,   ffffffffffffffff, 00247fd7",
        "9D,     3,   00000002,   ffffffffffffffff, 00244dd7",
        "9D,     3,   00001202,   0000000000000000, 00001202",
        "9D,     1,   00001202,   0000000000000000, 00001002",
        "66 9D,  0,   00250002,   000000000000ffff, 00247fd7",
        "66 9D,  3,   00000202,   0000000000000000, 00000202",
    })
    @DisplayName("TP-250: CPL and IOPL decide what POPF changes; RF is always cleared, VM, VIF and VIP never change")
    void popf_changes_what_privilege_allows(String code, int cpl, String before, String popped, String after) {
        BareCore bare = new BareCore(CodeMode.LONG64, cpl);
        bare.core.rflags(Long.parseLong(before, 16));
        bare.memory.store64(STACK, Long.parseUnsignedLong(popped, 16));

        bare.run(BareCore.bytes(code));

        assertThat(bare.state.rflags).isEqualTo(Long.parseLong(after, 16));
    }

    @Test
    void pushf_hides_rf() {
        BareCore bare = new BareCore();
        bare.state.rflags |= Rflags.RF | Rflags.TF | Rflags.ID;

        bare.run(0x9c);

        assertThat(bare.memory.load64(STACK - 8)).isEqualTo(Rflags.FIXED | Rflags.TF | Rflags.ID);
    }

    @ParameterizedTest
    @CsvSource({"COMPAT32, 32", "COMPAT16, 16"})
    void popa_takes_back_what_pusha_stored_except_the_stack_pointer(CodeMode mode, int bits) {
        BareCore bare = new BareCore(mode, 0);
        for (int register = 0; register < 8; register++) {
            bare.state.gpr[register] = register == Gpr.RSP ? 0x8000 : 0x1111L * (register + 1);
        }
        long[] before = bare.state.gpr.clone();

        bare.run(0x60);

        int size = bits / 8;
        assertThat(bare.state.gpr[Gpr.RSP]).isEqualTo(0x8000 - 8 * size);
        assertThat(bare.memory.load64(0x8000 - 5 * size) & 0xffff).isEqualTo(0x8000);
        for (int register = 0; register < 8; register++) {
            bare.state.gpr[register] = register == Gpr.RSP ? bare.state.gpr[register] : 0;
        }
        bare.run(0x61);
        assertThat(bare.state.gpr).isEqualTo(before);
    }

    /** The frame pointers that level 3 copies lie below the old RBP, and the new one follows them. */
    @Test
    void enter_copies_the_display() {
        BareCore bare = new BareCore();
        bare.state.gpr[Gpr.RBP] = BareCore.DATA;
        bare.memory.store64(BareCore.DATA - 8, 0xaaaa);
        bare.memory.store64(BareCore.DATA - 16, 0xbbbb);

        bare.run(0xc8, 0x20, 0x00, 0x03);

        assertThat(bare.memory.load64(STACK - 8)).isEqualTo(BareCore.DATA);
        assertThat(bare.memory.load64(STACK - 16)).isEqualTo(0xaaaa);
        assertThat(bare.memory.load64(STACK - 24)).isEqualTo(0xbbbb);
        assertThat(bare.memory.load64(STACK - 32)).isEqualTo(STACK - 8);
        assertThat(bare.state.gpr[Gpr.RBP]).isEqualTo(STACK - 8);
        assertThat(bare.state.gpr[Gpr.RSP]).isEqualTo(STACK - 32 - 0x20);
    }
}
