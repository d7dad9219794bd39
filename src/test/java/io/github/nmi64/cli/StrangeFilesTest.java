package io.github.nmi64.cli;

import static io.github.nmi64.cli.Nmi64Call.nmi64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.image.TinyElf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are not what they should be: refused with the right words, within seconds, and never written over. */
@Execution(ExecutionMode.CONCURRENT)
class StrangeFilesTest {
    private static final int SECONDS = 60;

    @TempDir
    private Path directory;

    @BeforeEach
    void prepare() throws IOException {
        byte[] code = HexFormat.of().parseHex("9090f4");
        byte[] elf = new TinyElf()
                .segment(TinyElf.TEXT, 5, code, code.length)
                .symbol("_start", TinyElf.TEXT)
                .symbol("first", TinyElf.TEXT + 1)
                .symbol("last", TinyElf.TEXT + 2)
                .bytes();
        Files.write(directory.resolve("x.elf"), elf);
        Files.writeString(directory.resolve("x.nmi64"), "title beside\n");
        Files.writeString(directory.resolve("schedule"), "nmi@at=nowhere\n");
    }

    private String file(String name) {
        return directory.resolve(name).toString();
    }

    private void fifo(String name) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")), "needs mkfifo");
        assertThat(new ProcessBuilder("mkfifo", file(name)).start().waitFor()).isZero();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            run rfc/plain --schedule PIPE     | is a pipe or a device that did not end within 5 s
            run rfc/plain --schedule /dev/zero | has more than 1 MiB
            run x.elf --directives PIPE       | is a pipe or a device that did not end within 5 s
            run x.elf --directives /dev/zero  | has more than 1 MiB
            merge /dev/zero                   | has more than 64 MiB
            merge PIPE                        | is a pipe or a device that did not end within 5 s
            check rfc/plain --resume PIPE     | is a pipe or a device
            run PIPE                          | is a pipe or a device, not a regular file
            disasm /dev/zero                  | is a pipe or a device, not a regular file
            trace rfc/plain --trace-out PIPE  | no reader on this pipe
            """)
    void a_pipe_nobody_is_at_and_a_device_without_end_are_not_waited_for(String line, String complaint)
            throws Exception {
        fifo("PIPE");
        String[] words = line.replace("PIPE", file("PIPE"))
                .replace("x.elf", file("x.elf"))
                .split(" ");

        new Nmi64Process().patience(SECONDS).run(words).refused(ExitCode.BAD_INPUT, complaint);
    }

    @Test
    void a_schedule_may_come_through_a_pipe_somebody_writes_to() throws Exception {
        fifo("PIPE");
        Process writer = new ProcessBuilder("sh", "-c", "echo nmi@at=victim_start > '" + file("PIPE") + "'").start();

        assertThat(nmi64("run", "rfc/plain", "--schedule", file("PIPE"))
                        .with(ExitCode.OK)
                        .out())
                .contains("1 asserted");
        writer.destroy();
    }

    @ParameterizedTest(name = "[{0}]")
    @CsvSource(delimiter = '|', textBlock = """
            ''          | the name of the fixture is empty
            loop.S      | symbolic links
            dangling.S  | is a symbolic link to a file that does not exist
            """)
    void names_that_lead_nowhere_get_true_words(String name, String complaint) throws IOException {
        Files.createSymbolicLink(directory.resolve("loop.S"), Path.of("loop.S"));
        Files.createSymbolicLink(directory.resolve("dangling.S"), Path.of("nowhere"));

        for (String command : List.of("run", "check", "disasm")) {
            nmi64(command, name.isEmpty() ? "" : file(name)).refused(ExitCode.BAD_INPUT, complaint);
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "run rfc/plain --schedule",
                "run rfc/plain --directives",
                "trace rfc/plain --trace-out",
                "check rfc/plain --save",
                "check rfc/plain --resume",
                "check rfc/plain --junit-xml",
                "catalogue catalogue/v37-plain-kernel --markdown",
                "merge",
                "man"
            })
    void an_empty_name_is_told_so(String command) {
        String[] words = (command + " EMPTY").split(" ");
        words[words.length - 1] = "";

        nmi64(words).refused(ExitCode.BAD_INPUT, "''", "is empty and names no file");
    }

    @Test
    void a_name_beyond_the_locales_character_set_is_told_so() throws IOException {
        Files.copy(directory.resolve("x.elf"), directory.resolve("\u00fc.elf"));

        new Nmi64Process()
                .environment("LC_ALL", "C")
                .run("run", file("\u00fc.elf"))
                .refused(ExitCode.BAD_INPUT, "character set", "LC_ALL");
    }

    @Test
    void links_in_a_directory_are_neither_followed_for_ever_nor_passed_over() throws IOException {
        Files.createSymbolicLink(directory.resolve("again"), directory);
        Files.createSymbolicLink(directory.resolve("loop.S"), Path.of("loop.S"));

        Ended ended = nmi64("fixtures", "run", file("again")).with(ExitCode.VIOLATED);

        assertThat(ended.out()).contains("again/loop.S", "symbolic links").endsWith("2 fixtures: 1 ok, 1 failed\n");
    }

    static Stream<List<String>> overwriting() {
        return Stream.of(
                List.of("trace", "x.elf", "--trace-out", "x.elf"),
                List.of("trace", "x.elf", "--trace-out", "x.nmi64"),
                List.of("trace", "x.elf", "--trace-out", "link"),
                List.of("trace", "x.elf", "--trace-out", "hard"),
                List.of("trace", "x.elf", "--schedule", "schedule", "--trace-out", "schedule"),
                List.of("trace", "x.elf", "--directives", "schedule", "--trace-out", "schedule"),
                List.of("run", "x.elf", "--trace", "jsonl", "--trace-out", "other.S"),
                List.of("check", "x.elf", "--save", "x.elf"),
                List.of("check", "x.elf", "--junit-xml", "x.elf"),
                List.of("check", "x.elf", "--save", "ck", "--junit-xml", "ck"),
                List.of("check", ".", "--junit-xml", "x.elf"),
                List.of("catalogue", "x.elf", "--markdown", "x.elf"));
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.MethodSource("overwriting")
    void no_input_is_written_over(List<String> line) throws IOException {
        Files.createSymbolicLink(directory.resolve("link"), Path.of("x.elf"));
        Files.createLink(directory.resolve("hard"), directory.resolve("x.elf"));
        Files.writeString(directory.resolve("schedule"), "# nothing\n");
        Files.writeString(directory.resolve("other.S"), "hlt\n");
        Files.writeString(directory.resolve("ck"), "");
        if (line.contains("catalogue")) {
            Files.writeString(directory.resolve("x.nmi64"), "verdict proved\narrivals first last\n");
        }
        List<String> names = List.of("x.elf", "x.nmi64", "schedule", "other.S", "ck");
        List<byte[]> before = names.stream().map(this::bytes).toList();
        String[] words = line.stream()
                .map(word -> word.equals(".") || Files.exists(directory.resolve(word)) ? file(word) : word)
                .toArray(String[]::new);

        Ended ended = nmi64(words).with(ExitCode.BAD_INPUT);

        assertThat(ended.err()).containsAnyOf("is an input of this command", "looks like a source or an image");
        for (int i = 0; i < names.size(); i++) {
            assertThat(bytes(names.get(i))).as(names.get(i)).isEqualTo(before.get(i));
        }
    }

    private byte[] bytes(String name) {
        try {
            return Files.readAllBytes(directory.resolve(name));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {".fill 0x200000000,1,0", ".org 0x200000000\n nop", ".rept 2000000000\n nop\n .endr"})
    void a_source_that_asks_for_gigabytes_is_refused(String lines) throws IOException {
        assumeTrue(Stream.of("/usr/bin/as", "/usr/bin/x86_64-linux-gnu-as").anyMatch(as -> Files.exists(Path.of(as))));
        Files.writeString(directory.resolve("x.S"), ".globl _start\n_start: hlt\n " + lines + "\n");

        Ended ended =
                new Nmi64Process().patience(SECONDS).run("run", file("x.S")).with(ExitCode.BAD_INPUT);

        assertThat(ended.err()).contains("x.S: the assembler ").containsPattern("memory|writes more than 320 MiB");
    }

    @Test
    void a_guest_that_runs_through_zeros_is_ended() throws IOException {
        byte[] code = HexFormat.of().parseHex("90");
        byte[] elf = new TinyElf().segment(TinyElf.TEXT, 7, code, 32 << 20).bytes();
        Files.write(directory.resolve("zeros.elf"), elf);

        assertThat(nmi64("run", file("zeros.elf")).with(ExitCode.LIMIT).out())
                .contains("(executing memory that is all zeros) after 16");
    }
}
