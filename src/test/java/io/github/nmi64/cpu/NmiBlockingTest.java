package io.github.nmi64.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.machine.GuestProgram;
import io.github.nmi64.machine.TestMachine;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class NmiBlockingTest {

    @Test
    @DisplayName("TP-001, TP-002: an NMI ignores IF and pushes five quadwords for vector 2")
    void ignores_if_and_pushes_five_quadwords() {
        TestMachine machine = GuestProgram.kernel("""
                        start:  90      ; nop
                        next:   90      ; nop
                        """).boot();

        machine.step().nmi().step();

        assertThat(machine.place()).isEqualTo("nmi_handler");
        assertThat(machine.story()).containsExactly("NMI at next");
        assertThat(machine.last().hasErrorCode()).isFalse();
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(GuestProgram.istTop(1) - 40);
        assertThat(machine.last().vector()).isEqualTo(Vector.NMI);
    }
}
