package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.explore.CheckResult.Verdict;
import io.github.nmi64.fixture.Violation;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a handler leaves behind is a part of the state wherever a program can find it. */
class HiddenStateTest {
    private static final String READ_PAT = "mov $0x277,%ecx; rdmsr";
    private static final String READ_SCRATCH = "mov $0x3ff,%edx; xor %eax,%eax; in %dx,%al";

    @TempDir
    private Path directory;

    private CheckResult check(String program, String handler) throws IOException {
        return SmallGuest.check(SmallGuest.of(directory, "", program, handler));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "memory | mov flag,%eax | xorl $1,flag",
                "IA32_PAT | " + READ_PAT + " | push %rax; push %rcx; push %rdx; " + READ_PAT
                        + "; xor $1,%eax; wrmsr; pop %rdx; pop %rcx; pop %rax",
                "the serial port | " + READ_SCRATCH + " | push %rax; push %rdx; " + READ_SCRATCH
                        + "; xor $1,%al; out %al,%dx; pop %rdx; pop %rax"
            })
    void a_program_that_reads_what_the_handler_changed_ends_in_another_way(String where, String read, String change)
            throws IOException {
        CheckResult result = check("nop; nop; " + read + "; mov %eax,%ebx; nop", change);

        assertThat(result.verdict()).as(where).isEqualTo(Verdict.VIOLATED);
    }

    @Test
    void an_entry_that_leaves_by_a_jump_keeps_nmis_blocked() throws IOException {
        CheckResult result = check("nop; nop; nop", """
                nop
                jmp leave
                leave:
                mov %rax, flag
                mov (%rsp), %rax
                mov %rax, resume
                pushq 16(%rsp)
                popfq
                mov flag, %rax
                mov 24(%rsp), %rsp
                jmp *resume
                .data
                resume: .quad 0
                .text""");

        assertThat(result.verdict()).isEqualTo(Verdict.VIOLATED);
        assertThat(result.counterexamples())
                .extracting(Counterexample::violation)
                .extracting(Violation::invariant)
                .contains("interference");
        assertThat(result.counterexamples().get(0).violation().detail()).contains("NMIs are still blocked");
        assertThat(result.counterexamples().get(0).schedule()).hasSize(1);
    }

    @Test
    void a_finding_in_a_layer_that_memory_cuts_short_is_told_with_any_number_of_threads() {
        String name = "catalogue/b18-machine-check-v42-kernel";
        CheckOptions options = CatalogueChecks.within(5 << 18, CatalogueChecks.options(name));

        for (int threads = 1; threads <= 2; threads++) {
            CheckResult result = CatalogueChecks.check(name, options.withThreads(threads));

            assertThat(result.verdict()).isEqualTo(Verdict.VIOLATED);
            assertThat(result.counterexamples()).isNotEmpty();
        }
    }
}
