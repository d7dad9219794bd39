package io.github.nmi64.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.image.TinyElf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A process says and ends with what {@link Nmi64Call} does, so tests of what a command answers need none. */
@Execution(ExecutionMode.CONCURRENT)
class ProcessTest {
    /** What only a process can end with; {@link ExitCodeTest} and {@link CommandLineTest} have them. */
    private static final Set<ExitCode> OTHERS =
            EnumSet.of(ExitCode.ENVIRONMENT, ExitCode.INTERNAL, ExitCode.INTERRUPTED, ExitCode.PIPE_CLOSED);

    @TempDir
    private Path directory;

    /** Every command, and every exit code there is a call for. */
    static Stream<Arguments> lines() {
        return Stream.of(
                Arguments.of("run rfc/nested-handler", ExitCode.OK),
                Arguments.of("run rfc/serial --result json", ExitCode.OK),
                Arguments.of("run rfc/nested-handler --nmi at=victim_window --nmi at=nmi_window", ExitCode.VIOLATED),
                Arguments.of("run IMAGE --result json", ExitCode.GUEST_DIED),
                Arguments.of("run rfc/plain --max-instructions 100", ExitCode.LIMIT),
                Arguments.of("run rfc/plian", ExitCode.BAD_INPUT),
                Arguments.of("runn rfc/plain", ExitCode.BAD_INPUT),
                Arguments.of("trace rfc/plain --trace jsonl", ExitCode.OK),
                Arguments.of("check catalogue/b04-user-rsp-t", ExitCode.OK),
                Arguments.of("check rfc/nested-handler --result json", ExitCode.VIOLATED),
                Arguments.of("merge no/such/file", ExitCode.BAD_INPUT),
                Arguments.of("catalogue catalogue/v37-plain-kernel", ExitCode.OK),
                Arguments.of("fixtures list", ExitCode.OK),
                Arguments.of("fixtures run prepatch/", ExitCode.OK),
                Arguments.of("disasm IMAGE", ExitCode.OK),
                Arguments.of("completion", ExitCode.OK),
                Arguments.of("man", ExitCode.OK),
                Arguments.of("help check", ExitCode.OK),
                Arguments.of("--version", ExitCode.OK));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lines")
    void a_process_says_what_a_call_says(String line, ExitCode expected) throws IOException {
        byte[] code = HexFormat.of().parseHex("0f0b");
        byte[] elf = new TinyElf()
                .segment(TinyElf.TEXT, 5, code, code.length)
                .section(".text", 1, 6, TinyElf.TEXT, code)
                .symbol("_start", TinyElf.TEXT)
                .bytes();
        Path image = Files.write(directory.resolve("x.elf"), elf);
        String[] words = line.replace("IMAGE", image.toString()).split(" ");

        Ended called = Nmi64Call.nmi64(words).with(expected);
        Ended process = Nmi64Process.nmi64(words).with(expected);

        assertThat(masked(process.out())).isEqualTo(masked(called.out()));
        assertThat(masked(process.err())).isEqualTo(masked(called.err()));
    }

    @Test
    void every_exit_code_is_met() {
        Set<ExitCode> met = EnumSet.copyOf(OTHERS);
        lines().forEach(line -> met.add((ExitCode) line.get()[1]));

        assertThat(met).containsExactly(ExitCode.values());
    }

    /** How long something took and how much memory differ from run to run. */
    static String masked(String text) {
        return text.replaceAll("\"seconds\":[0-9.]+", "\"seconds\":0.1")
                .replaceAll("\"memoryBytes\":[0-9]+", "\"memoryBytes\":1")
                .replaceAll("[0-9]+\\.[0-9]{1,2} s\\b", "0.1 s");
    }
}
