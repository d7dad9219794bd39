package io.github.nmi64.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.Rflags;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checks of a data address before and beside paging. */
class AddressCheckTest {
    private static final long HOLE = 0x0000_8000_0000_0100L;

    @ParameterizedTest(name = "{1}")
    @CsvSource({
        "50, push %rax, #SS",
        "58, pop %rax, #SS",
        "c3, ret, #SS",
        "48 cf, iretq, #SS",
        "48 8b 04 24, mov (%rsp), #SS",
        "48 8b 45 00, mov (%rbp), #SS",
        "3e 48 8b 45 00, ds mov (%rbp), #SS",
        "2e 48 8b 04 24, cs mov (%rsp), #SS",
        "64 48 8b 45 00, fs mov (%rbp), #GP",
        "65 48 8b 04 24, gs mov (%rsp), #GP",
        "48 8b 01, mov (%rcx), #GP",
        "36 48 8b 01, ss mov (%rcx), #GP",
        "48 8b 44 2b 00, 'mov (%rbx,%rbp)', #GP",
        "49 8b 04 24, mov (%r12), #GP",
        "49 8b 45 00, mov (%r13), #GP"
    })
    @DisplayName("TP-220: an address that is not canonical is #SS(0) for stack references, else #GP(0)")
    void the_base_register_decides_between_stack_fault_and_general_protection(
            String bytes, String text, String exception) {
        TestMachine machine = GuestProgram.kernel("here: " + bytes)
                .interruptGate(12, 3)
                .interruptGate(13, 3)
                .boot();
        for (int register : new int[] {Gpr.RSP, Gpr.RBP, Gpr.RCX, Gpr.R12, Gpr.R13}) {
            machine.set(register, HOLE);
        }
        machine.step();

        assertThat(machine.story()).containsExactly(exception + "(0x0) at here");
    }

    @Test
    @DisplayName("TP-222: the canonical check comes before paging and before the alignment check")
    void the_canonical_check_comes_first() {
        TestMachine machine = user("here: 8b 01 ; mov (%rcx),%eax");
        machine.raise(Rflags.AC).set(Gpr.RCX, HOLE + 1).step();

        assertThat(machine.story()).containsExactly("#GP(0x0) at here");
    }

    @ParameterizedTest(name = "AM {0}, AC {1}, user {2}, offset {3}")
    @CsvSource({
        "true, true, true, 1, true",
        "true, true, true, 2, true",
        "true, true, true, 4, false",
        "false, true, true, 1, false",
        "true, false, true, 1, false",
        "true, true, false, 1, false"
    })
    @DisplayName("TP-222: #AC(0) needs CR0.AM, RFLAGS.AC and CPL 3")
    void alignment_is_checked_with_am_and_ac_at_cpl_3(
            boolean mask, boolean flag, boolean user, int offset, boolean faults) {
        String code = "here: 8b 01 ; mov (%rcx),%eax";
        TestMachine machine = user ? user(code) : GuestProgram.kernel(code).boot();
        machine.state().cr0 &= ~Control.CR0_AM;
        machine.state().cr0 |= mask ? Control.CR0_AM : 0;
        machine.raise(flag ? Rflags.AC : 0)
                .set(Gpr.RCX, GuestProgram.USER_DATA + offset)
                .step();

        if (faults) {
            assertThat(machine.story()).containsExactly("#AC(0x0) at here");
        } else {
            assertThat(machine.story()).isEmpty();
        }
    }

    @Test
    @DisplayName("TP-211: an access into a missing page has the page's first byte in CR2, else its own address")
    void cr2_of_an_access_across_pages() {
        long end = GuestProgram.DATA + 0x1000;
        for (String bytes : new String[] {"48 8b 01", "48 89 01"}) {
            TestMachine machine = GuestProgram.kernel("here: " + bytes).boot();
            machine.store(end - 8, 0x55).withdraw(end, 1).set(Gpr.RCX, end - 3).step();
            assertThat(machine.state().cr2).isEqualTo(end);
            assertThat(machine.load(end - 8)).as("nothing stored").isEqualTo(0x55);

            TestMachine first = GuestProgram.kernel("here: " + bytes).boot();
            first.withdraw(GuestProgram.DATA, 1).set(Gpr.RCX, end - 3).step();
            assertThat(first.state().cr2).isEqualTo(end - 3);
        }
    }

    private static TestMachine user(String code) {
        TestMachine machine = GuestProgram.kernel("90").user(code).boot().enterUser();
        machine.state().cr0 |= Control.CR0_AM;
        return machine;
    }

    @Test
    @DisplayName("TP-217: a POPF that clears AC ends the exemption from SMAP at once")
    void popf_that_clears_ac_ends_the_exemption_from_smap_at_once() {
        TestMachine machine = GuestProgram.kernel("""
                              9d       ; popf
                        read: 48 8b 01 ; mov (%rcx),%rax
                              9d       ; popf
                        bad:  48 8b 01 ; mov (%rcx),%rax
                        """).cr4(Control.CR4_SMAP).boot();
        long images = GuestProgram.KERNEL_STACK - 16;
        machine.store(images, Rflags.AC | Rflags.FIXED).store(images + 8, Rflags.FIXED);
        machine.set(Gpr.RSP, images).set(Gpr.RCX, GuestProgram.USER_DATA).steps(4);

        assertThat(machine.story()).containsExactly("#PF(0x1) at bad");
    }
}
