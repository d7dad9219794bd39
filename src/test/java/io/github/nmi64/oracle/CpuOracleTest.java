package io.github.nmi64.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CpuOracleTest {
    /** Before each test, so that each one that is left out is counted as skipped. */
    @BeforeEach
    void the_oracle_can_run() {
        assumeTrue(CpuOracle.missing().isEmpty(), () -> CpuOracle.missing().orElseThrow());
    }

    @Test
    void an_addition_reports_registers_flags_and_rip() throws Exception {
        CpuCase addition = registers(0x48, 0x01, 0xd8); // add rax, rbx
        addition.gpr[Gpr.RAX] = -1;
        addition.gpr[Gpr.RBX] = 1;

        CpuOutcome outcome = run(List.of(addition)).get(0);

        assertThat(outcome.status).isEqualTo(CpuOutcome.RAN);
        assertThat(outcome.vector).isEqualTo(Vector.DB);
        assertThat(outcome.gpr[Gpr.RAX]).isZero();
        assertThat(outcome.rflags & Rflags.STATUS).isEqualTo(Rflags.CF | Rflags.PF | Rflags.AF | Rflags.ZF);
        assertThat(outcome.rip).isEqualTo(CpuCase.CODE + 3);
    }

    @Test
    void a_store_shows_in_the_window_and_outside_it() throws Exception {
        CpuCase store = registers(0x48, 0x89, 0x07); // mov [rdi], rax
        store.gpr[Gpr.RAX] = 0x0807_0605_0403_0201L;
        store.gpr[Gpr.RDI] = CpuCase.DATA + 4;
        store.window = new byte[8];

        CpuOutcome outcome = run(List.of(store)).get(0);

        assertThat(outcome.window).containsExactly(0, 0, 0, 0, 1, 2, 3, 4);
        assertThat(outcome.changedFirst).isEqualTo(CpuCase.DATA + 8);
        assertThat(outcome.changedLast).isEqualTo(CpuCase.DATA + 11);
    }

    @Test
    void more_cases_than_a_batch_come_back_in_order() throws Exception {
        List<CpuCase> cases = IntStream.range(0, 2500)
                .mapToObj(i -> {
                    CpuCase increment = registers(0xff, 0xc0); // inc eax
                    increment.gpr[Gpr.RAX] = i;
                    return increment;
                })
                .toList();

        assertThat(run(cases))
                .extracting(outcome -> outcome.gpr[Gpr.RAX])
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, 2500).mapToObj(i -> (long) i).toList());
    }

    private static CpuCase registers(int... code) {
        CpuCase request = new CpuCase();
        request.code = new byte[code.length];
        for (int i = 0; i < code.length; i++) {
            request.code[i] = (byte) code[i];
        }
        return request;
    }

    private static List<CpuOutcome> run(List<CpuCase> cases) throws Exception {
        try (CpuOracle oracle = CpuOracle.start()) {
            return oracle.run(cases);
        }
    }
}
