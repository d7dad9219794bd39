package io.github.nmi64.cli;

import static io.github.nmi64.cli.Nmi64Call.nmi64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.image.TinyElf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every exit code of a run, and which of several reasons wins. */
@Execution(ExecutionMode.CONCURRENT)
class ExitCodeTest {
    private static final String HLT = "f4";
    private static final String OUT_7 = "b8 07000000 e7f4";
    private static final String FLD1 = "d9e8";
    private static final String UD2 = "0f0b";
    private static final String ENDLESS = "ebfe";

    @TempDir
    private Path directory;

    private String image(String code, String directives) throws IOException {
        byte[] bytes = HexFormat.of().parseHex(code.replace(" ", ""));
        byte[] elf = new TinyElf()
                .segment(TinyElf.TEXT, 5, bytes, bytes.length)
                .symbol("_start", TinyElf.TEXT)
                .directives(directives)
                .bytes();
        return Files.write(directory.resolve("image.elf"), elf).toString();
    }

    @ParameterizedTest
    @CsvSource({
        // without expectations only the end counts
        HLT + ", '', OK",
        OUT_7 + ", '', OK",
        UD2 + ", '', GUEST_DIED",
        FLD1 + ", '', GUEST_DIED",
        ENDLESS + ", 'max-instructions 100', LIMIT",
        ENDLESS + ", 'max-cycles 100', LIMIT",
        // an end that is expected is no reason to complain
        UD2 + ", 'expect outcome shutdown', OK",
        FLD1 + ", 'expect outcome unsupported', OK",
        ENDLESS + ", 'max-instructions 100|expect outcome limit', OK",
        // an end that is not expected counts before everything else
        UD2 + ", 'expect outcome exit', GUEST_DIED",
        UD2 + ", 'expect register rax 1', GUEST_DIED",
        UD2 + ", 'inject nmi@step=50', GUEST_DIED",
        // the first NMI cannot be delivered without an IDT; the others stay blocked for ever
        UD2 + ", 'inject nmi@every=10', GUEST_DIED",
        ENDLESS + ", 'max-instructions 100|expect outcome exit', LIMIT",
        ENDLESS + ", 'max-instructions 100|expect register rax 1', LIMIT",
        // then expectations, of which all must hold
        HLT + ", 'expect outcome exit', VIOLATED",
        OUT_7 + ", 'expect outcome exit|expect exit 7', OK",
        OUT_7 + ", 'expect outcome exit|expect exit 8', VIOLATED",
        UD2 + ", 'expect outcome shutdown|expect register rax 1', VIOLATED",
        HLT + ", 'expect violation context-restored', VIOLATED",
        // and injections, of which all must fire
        OUT_7 + ", 'inject nmi@step=50', VIOLATED",
        OUT_7 + ", 'inject nmi@step=50|expect exit 7', VIOLATED",
    })
    void a_run_ends_with(String code, String directives, ExitCode expected) throws IOException {
        nmi64("run", image(code, directives.replace('|', '\n')), "--result", "json")
                .with(expected);
    }

    @Test
    void an_injection_that_never_fires_may_be_allowed() throws IOException {
        Ended ended = nmi64("run", image(OUT_7, ""), "--nmi", "step=50", "--allow-unfired")
                .with(ExitCode.OK);

        assertThat(ended.out()).contains("never fired (allowed)").contains("nmi@step=50");
    }

    @Test
    void an_invariant_violated_under_another_schedule_is_a_finding() {
        Ended ended = nmi64("run", "rfc/nested-handler", "--nmi", "at=victim_window", "--nmi", "at=nmi_window")
                .with(ExitCode.VIOLATED);

        assertThat(ended.out())
                .contains("expectations: not judged")
                .contains("context-restored at step")
                .contains("verdict    violated: 1 violation not expected (exit code 1)");
    }

    @Test
    void an_instruction_that_is_not_implemented_is_named_on_standard_error_where_json_has_no_place_for_it()
            throws IOException {
        Ended ended = nmi64("run", image(FLD1, ""), "--result", "json").with(ExitCode.GUEST_DIED);

        assertThat(ended.err()).startsWith("nmi64: unsupported: ").contains("d9 e8");
        assertThat(ended.out()).startsWith("{\"outcome\":\"unsupported\",\"exitValue\":null");
    }

    @Test
    void a_missing_assembler_is_a_lack_of_the_environment() throws IOException {
        Path source = Files.writeString(directory.resolve("x.S"), ".globl _start\n_start: hlt\n");

        new Nmi64Process()
                .environment("PATH", directory.toString())
                .run("run", source.toString())
                .refused(ExitCode.ENVIRONMENT, "x.S", "PATH", "install");
    }

    @ParameterizedTest
    @ValueSource(strings = {"trace rfc/plain", "run rfc/plain", "catalogue catalogue/v37-plain-kernel"})
    void a_full_device_is_told_once(String command) {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "needs /dev/full");

        new Nmi64Process().output(full).run(command.split(" ")).refused(ExitCode.BAD_INPUT, "cannot write the output");
    }

    @Test
    void an_internal_error_asks_for_a_report() {
        Nmi64Process broken = new Nmi64Process().without("gson");

        broken.run("run", "cpu/sti-shadow", "--result", "json")
                .refused(
                        ExitCode.INTERNAL,
                        "internal error at report.",
                        "JsonWriter",
                        "(ClassNotFoundException: com.google.gson",
                        "please report");
        assertThat(broken.run("run", "cpu/sti-shadow", "--result", "json", "--debug")
                        .with(ExitCode.INTERNAL)
                        .err())
                .contains("\tat io.github.nmi64.cli.");
        assertThat(broken.environment("NMI64_DEBUG", "1")
                        .run("run", "cpu/sti-shadow", "--result", "json")
                        .err())
                .contains("\tat io.github.nmi64.cli.");
    }
}
