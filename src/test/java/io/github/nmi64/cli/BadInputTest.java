package io.github.nmi64.cli;

import static io.github.nmi64.cli.Nmi64Call.nmi64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.image.TinyElf;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is wrong with the input: one clear line on standard error, nothing on standard output, exit code 2. */
class BadInputTest {
    private static final int MACHINE = 18;

    @TempDir
    private Path directory;

    /** The command line, blank-separated, and what the complaint must mention. */
    static Stream<Arguments> commandLines() {
        return Stream.of(
                Arguments.of("", List.of("missing command; expected one of: run, ")),
                Arguments.of("rnu rfc/plain", List.of("unknown command 'rnu'")),
                Arguments.of("runn rfc/plain", List.of("unknown command 'runn'; did you mean run?")),
                Arguments.of("fixtures lost", List.of("unknown command 'lost'")),
                Arguments.of("run", List.of("FIXTURE")),
                Arguments.of("run rfc/plain v33/plain", List.of("v33/plain")),
                Arguments.of("run rfc/plain --nmmi cycle=5", List.of("did you mean --nmi")),
                Arguments.of("run rfc/plian", List.of("did you mean 'rfc/plain'?")),
                Arguments.of("run no/such/fixture", List.of("'no/such/fixture'")),
                Arguments.of("run /", List.of("is a directory")),
                Arguments.of("run rfc/plain --nmi", List.of("--nmi")),
                Arguments.of("run rfc/plain --nmi tomorrow", List.of("--nmi: 'tomorrow': expected cycle=")),
                Arguments.of("run rfc/plain --nmi cycle=x", List.of("'cycle=x'")),
                Arguments.of(
                        "run rfc/plain --inject smi@cycle=1",
                        List.of("'smi@cycle=1': expected nmi, mce, db, int3, iret-fault or intr:VECTOR")),
                Arguments.of("run rfc/plain --nmi at=do_nmj", List.of("nmi@at=do_nmj,hit=1: unknown symbol 'do_nmj'")),
                Arguments.of(
                        "run rfc/plain --schedule no/such/file", List.of("--schedule: 'no/such/file' does not exist")),
                Arguments.of("run rfc/plain --schedule /", List.of("--schedule: '/' is a directory")),
                Arguments.of(
                        "run rfc/plain --max-instructions 0",
                        List.of("--max-instructions", "a number from 1, found '0'")),
                Arguments.of("run rfc/plain --max-cycles -1", List.of("--max-cycles")),
                Arguments.of("run rfc/plain --cycles fast", List.of("--cycles", "unit or table, found 'fast'")),
                Arguments.of("run rfc/plain --result xml", List.of("--result", "text or json, found 'xml'")),
                Arguments.of("run rfc/plain --trace xml", List.of("--trace", "text or jsonl, found 'xml'")),
                Arguments.of("run rfc/plain --rules vendor", List.of("--rules: expected KEY=VALUE")),
                Arguments.of(
                        "run rfc/plain --rules vendor=via",
                        List.of("--rules: rule vendor: expected one of intel, amd, found 'via'")),
                Arguments.of("run rfc/plain --rules colour=red", List.of("--rules: unknown rule 'colour'")),
                Arguments.of("run rfc/plain --trace-out x", List.of("--trace-out needs --trace")),
                Arguments.of("trace rfc/plain --trace-out no/such/x", List.of("--trace-out: there is no directory")),
                Arguments.of("trace rfc/plain --trace-out /", List.of("--trace-out: '/' is a directory")),
                Arguments.of("check", List.of("FIXTURE")),
                Arguments.of("check rfc/plian", List.of("did you mean 'rfc/plain'?")),
                Arguments.of("check rfc/plain --events smi", List.of("--events: 'smi': expected nmi, mce")),
                Arguments.of("check rfc/plain --events nmi,", List.of("--events: ''")),
                Arguments.of("check rfc/plain --events intr:5", List.of("--events: 'intr:5'")),
                Arguments.of(
                        "check rfc/plain --max-events -1",
                        List.of("--max-events: expected a number from 0, found '-1'")),
                Arguments.of("check rfc/plain --max-events many", List.of("--max-events", "'many'")),
                Arguments.of("check rfc/plain --threads 0", List.of("--threads", "a number from 1, found '0'")),
                Arguments.of("check rfc/plain --threads 1000", List.of("--threads: at most 256, found '1000'")),
                Arguments.of("check rfc/plain --memory 0", List.of("--memory", "a number from 1, found '0'")),
                Arguments.of(
                        "check rfc/plain --memory 99999999",
                        List.of("--memory: '99999999' MiB are more than the Java heap's", "NMI64_JAVA_OPTIONS")),
                Arguments.of("check rfc/plain --shard 5/4", List.of("--shard: I is from 1 to N, found '5/4'")),
                Arguments.of("check rfc/plain --shard 0/4", List.of("--shard: I is from 1 to N, found '0/4'")),
                Arguments.of("check rfc/plain --shard half", List.of("--shard: expected I/N, such as 1/4")),
                Arguments.of("merge", List.of("FILE")),
                Arguments.of("merge no/such/file", List.of("merge: 'no/such/file' does not exist")),
                Arguments.of("merge /", List.of("merge: '/' is a directory")),
                Arguments.of("catalogue no/such/fixture", List.of("'no/such/fixture'")),
                Arguments.of("catalogue cpu/nmi-in-hlt-blocked", List.of("has no directive 'verdict'")),
                Arguments.of("catalogue --markdown no/such/x", List.of("--markdown: there is no directory")),
                Arguments.of("catalogue --markdown x --threads 2", List.of("--markdown:", "--threads")),
                Arguments.of("fixtures run nothing/like/this", List.of("'nothing/like/this'")),
                Arguments.of("disasm /dev/null", List.of("/dev/null")),
                Arguments.of("man no/such/directory", List.of("no/such/directory")));
    }

    @ParameterizedTest
    @MethodSource("commandLines")
    void a_wrong_command_line_is_refused_in_one_line(String line, List<String> mentioned) {
        nmi64(line.isEmpty() ? new String[0] : line.split(" "))
                .refused(ExitCode.BAD_INPUT, mentioned.toArray(String[]::new));
    }

    private void refused(byte[] bytes, String... mentioned) throws IOException {
        Path file = Files.write(directory.resolve("bad.elf"), bytes);
        nmi64("run", file.toString()).refused(ExitCode.BAD_INPUT, mentioned);
    }

    @Test
    void a_file_that_is_no_image_is_refused() throws IOException {
        refused(new byte[0], "bad.elf");
        refused("hello".getBytes(java.nio.charset.StandardCharsets.US_ASCII), "bad.elf: is not an ELF file");
    }

    @Test
    void an_image_for_another_processor_is_refused() throws IOException {
        byte[] image = TinyElf.withCode().bytes();
        image[MACHINE] = (byte) 183; // AArch64

        refused(image, "bad.elf", "183");
    }

    @Test
    void a_truncated_image_is_refused() throws IOException {
        byte[] image = TinyElf.withCode().bytes();

        refused(Arrays.copyOf(image, image.length - 1), "bad.elf");
        refused(Arrays.copyOf(image, 70), "bad.elf");
    }

    @Test
    void overlapping_segments_are_refused() throws IOException {
        refused(
                TinyElf.withCode()
                        .segment(TinyElf.TEXT + 8, 6, new byte[16], 16)
                        .bytes(),
                "bad.elf",
                "overlap");
    }

    @Test
    void an_image_in_the_machines_own_tables_is_refused() throws IOException {
        refused(TinyElf.withCode().segment(0x3fff000, 6, new byte[16], 16).bytes(), "0x3fff000");
    }

    @Test
    void a_wrong_directive_is_refused_with_its_line() throws IOException {
        refused(TinyElf.withCode().directives("title x\nexpect outcom exit\n").bytes(), "bad.elf", "outcom", "2");
        refused(TinyElf.withCode().directives("rules colour=red\n").bytes(), "bad.elf", "unknown rule 'colour'");
    }

    @Test
    void a_wrong_line_of_a_schedule_is_named() throws IOException {
        Path schedule = Files.writeString(directory.resolve("schedule"), "# two\nnmi@cycle=5\nnmi@at=\n");

        nmi64("run", "rfc/plain", "--schedule", schedule.toString())
                .refused(ExitCode.BAD_INPUT, "schedule:3: 'nmi@at=': expected SYMBOL");
    }

    @Test
    void a_schedule_that_is_not_text_is_refused() throws IOException {
        Path schedule = Files.write(directory.resolve("schedule"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});

        nmi64("run", "rfc/plain", "--schedule", schedule.toString()).refused(ExitCode.BAD_INPUT, "is not UTF-8 text");
    }

    @Test
    void a_source_the_assembler_refuses_is_told_with_its_messages() throws IOException {
        assumeTrue(assemblerOnPath(), "neither as nor gcc nor clang is on the PATH (apt install binutils gcc)");
        Path source = Files.writeString(directory.resolve("x.S"), "_start: frobnicate %rax\n");

        Ended ended = nmi64("run", source.toString()).with(ExitCode.BAD_INPUT);
        assertThat(ended.err()).startsWith("nmi64: ").contains("x.S").contains("frobnicate");
        assertThat(ended.out()).isEmpty();
    }

    private static boolean assemblerOnPath() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(directory -> Stream.of("as", "gcc", "clang").map(tool -> Path.of(directory, tool)))
                .anyMatch(Files::isExecutable);
    }

    @Test
    void a_directory_without_fixtures_is_refused() {
        nmi64("fixtures", "run", directory.toString()).refused(ExitCode.BAD_INPUT, "has no .S or .elf files");
    }

    @Test
    void nothing_half_written_stays_behind() throws IOException {
        Path trace = directory.resolve("trace");

        nmi64("trace", "rfc/plain", "--trace-out", trace.toString(), "--nmi", "at=nowhere")
                .refused(ExitCode.BAD_INPUT, "nowhere");

        assertThat(directory).isEmptyDirectory();
    }
}
