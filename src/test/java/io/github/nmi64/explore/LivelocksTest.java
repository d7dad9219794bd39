package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.explore.CheckResult.Verdict;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.trace.TraceSink;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which endless loops break {@code progress}: those that keep somebody waiting, and those of programs that should end. */
class LivelocksTest {
    /** Back to the interrupted program without IRET: NMIs stay blocked. Needs 24 bytes below its RSP. */
    private static final String RETURNS_BY_RET = """
            pushq %rax
            pushq %rdx
            movq 40(%rsp), %rax
            movq 16(%rsp), %rdx
            movq %rdx, -8(%rax)
            movq 32(%rsp), %rdx
            movq %rdx, -16(%rax)
            movq 8(%rsp), %rdx
            movq %rdx, -24(%rax)
            popq %rdx
            leaq -24(%rax), %rsp
            popq %rax
            popfq
            ret
            """;

    @TempDir
    private Path directory;

    private CheckResult check(String program, String handler) throws IOException {
        return SmallGuest.check(SmallGuest.of(directory, SmallGuest.FLAG_IS_THE_HANDLERS, program, handler));
    }

    private static List<String> progress(CheckResult result) {
        return result.counterexamples().stream()
                .map(Counterexample::violation)
                .filter(violation -> violation.invariant().equals("progress"))
                .map(Violation::detail)
                .toList();
    }

    /** Somewhere the program stays for good: undisturbed, after an NMI, or in both cases. */
    @ParameterizedTest(name = "undisturbed: {0}; after an NMI: {1}; {2}")
    @CsvSource({
        "ends, ends, PROVED",
        "ends, stays, VIOLATED",
        "stays, stays, PROVED",
        "stays, ends, PROVED",
    })
    void a_loop_in_which_nobody_waits_breaks_progress_if_the_program_would_have_ended(
            String undisturbed, String afterNmi, Verdict verdict) throws IOException {
        String program = "xorl %eax, %eax; cmpl $0, flag; jne 2f; " + loop(undisturbed, "1") + "; jmp 3f; 2: "
                + loop(afterNmi, "4") + "; 3: xorl %eax, %eax";
        CheckResult result = check(program, "movl $1, flag");

        assertThat(result.verdict()).isEqualTo(verdict);
        assertThat(progress(result))
                .hasSize(verdict == Verdict.VIOLATED ? 1 : 0)
                .allSatisfy(detail -> assertThat(detail)
                        .endsWith("in the state it was in 2 boundaries before, and without events the program ends"));
    }

    /** Two instructions, until the flag says that an NMI has come since. */
    private static String loop(String what, String label) {
        return what.equals("ends") ? "nop" : label + ": nop; jmp " + label + "b";
    }

    @Test
    void a_loop_in_a_handler_breaks_progress_even_if_the_program_never_ends() throws IOException {
        CheckResult result = check("1: nop; jmp 1b", "nop; 2: nop; nop; jmp 2b");

        assertThat(progress(result))
                .singleElement()
                .asString()
                .startsWith("the machine is back at do_nmi+0x")
                .endsWith(" in the state it was in 3 boundaries before, and no interrupted context has been resumed");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"1: nop; jmp 1b", "nop; nop"})
    void a_return_that_leaves_nmis_blocked_leaves_something_behind(String program) throws IOException {
        CheckResult result = check(program, RETURNS_BY_RET);

        assertThat(result.layers()).isEqualTo(1);
        assertThat(result.counterexamples())
                .extracting(Counterexample::violation)
                .singleElement()
                .satisfies(violation -> {
                    assertThat(violation.invariant()).isEqualTo("interference");
                    assertThat(violation.detail()).endsWith("; NMIs are still blocked");
                });
    }

    @Test
    void a_fingerprint_is_that_of_the_state_and_has_both_halves() throws IOException {
        SearchState search = new SearchState(
                SmallGuest.of(directory, "", "nop", "nop"),
                CatalogueChecks.options("catalogue/v37-plain-kernel"),
                new Lessons(),
                false);
        Walker walker = new Walker(search, TraceSink.NONE);
        Walker.Snapshot here = walker.snapshot();
        Fingerprint first = Fingerprint.of(walker);
        walker.step();
        Fingerprint second = Fingerprint.of(walker);
        walker.restore(here);

        assertThat(Fingerprint.of(walker)).isEqualTo(first).isNotEqualTo(second);
        assertThat(first).isNotEqualTo(new Fingerprint(first.low(), second.high()));
        assertThat(first).isNotEqualTo(new Fingerprint(second.low(), first.high()));
        assertThat(first.high()).isNotEqualTo(first.low());
    }
}
