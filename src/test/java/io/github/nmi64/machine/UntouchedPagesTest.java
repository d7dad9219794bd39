package io.github.nmi64.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import org.junit.jupiter.api.Test;

/** Pages that nobody has written share their bytes; the first store to one of them is not seen in another. */
class UntouchedPagesTest {
    @Test
    void a_store_to_one_page_of_zeros_leaves_the_others_zero() {
        TestMachine machine = GuestProgram.kernel("""
                48 8b 04 25 00 00 40 00             ; mov 0x400000,%rax
                48 8b 0c 25 00 10 40 00             ; mov 0x401000,%rcx
                48 c7 04 25 00 10 40 00 05 00 00 00 ; movq $0x5,0x401000
                48 8b 14 25 00 00 40 00             ; mov 0x400000,%rdx
                f4                                  ; hlt
                """).boot();
        for (int i = 0; i < 4; i++) {
            machine.step();
        }
        assertThat(machine.reg(Gpr.RDX)).isZero();
    }
}
