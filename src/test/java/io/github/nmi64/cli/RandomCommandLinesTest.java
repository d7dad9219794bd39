package io.github.nmi64.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random command lines through the real entry point: a documented exit code comes out, bad input is answered by one line
 * and nothing else, and nobody ever sees a stack trace.
 */
class RandomCommandLinesTest {
    private static final long SEED = 0x636c69;
    private static final int LINES = 2_500;

    private static final List<String> COMMANDS = List.of(
            "run",
            "run",
            "run",
            "trace",
            "trace",
            "disasm",
            "fixtures",
            "fixtures list",
            "fixtures run",
            "completion",
            "man",
            "help",
            "rnu",
            "",
            "--help",
            "--version");
    private static final List<String> FIXTURES =
            List.of("rfc/plain", "rfc/nested-handler", "v33/plain", "v33/nested-handler", "cpu/sti-shadow", "cpu/ud2");
    private static final List<String> OPTIONS = List.of(
            "--nmi",
            "--inject",
            "--schedule",
            "--max-instructions",
            "--max-cycles",
            "--cycles",
            "--rules",
            "--trace",
            "--trace-out",
            "--result",
            "--allow-unfired",
            "--help",
            "--version",
            "--debug",
            "--nonsense",
            "-x",
            "--");
    private static final List<String> VALUES = List.of(
            "cycle=5",
            "step=7",
            "at=do_nmi",
            "at=do_nmi+0x7,hit=2",
            "after=iretq",
            "after=",
            "every=9",
            "every=0",
            "random=1,count=3",
            "random=1,count=999999999",
            "nmi@cycle=3",
            "mce@step=9",
            "db@after=iretq",
            "intr:0x30@cycle=4",
            "intr:999@cycle=4",
            "int3@cycle=5",
            "iret-fault@after=iretq",
            "unit",
            "table",
            "text",
            "json",
            "jsonl",
            "vendor=amd",
            "vendor=",
            "sti-shadow-holds-nmi=false",
            "1",
            "300",
            "0",
            "-1",
            "9223372036854775807",
            "9223372036854775808",
            "0x10");
    private static final List<String> JUNK = List.of(
            "",
            " ",
            "\n",
            "a\nb",
            "\r\nx",
            "\t",
            "\0",
            "\u001b[31mred",
            "\uFEFF",
            "\ud83d\ude00",
            "\ud83d",
            "%s%n%d",
            "${sys:user.home}",
            "@/etc/passwd",
            "@@",
            "..",
            "/",
            "/dev/null",
            "=",
            "==",
            "-",
            "---",
            "'\"",
            "\\",
            "x".repeat(20_000),
            "no/such/file",
            "*.S");

    @TempDir
    private Path directory;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final Map<ExitCode, Integer> codes = new EnumMap<>(ExitCode.class);

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void any_command_line_ends_in_a_documented_way() {
        for (int i = 0; i < LINES; i++) {
            check(line());
        }

        assertThat(codes).as("ends").containsKeys(ExitCode.OK, ExitCode.VIOLATED, ExitCode.BAD_INPUT, ExitCode.LIMIT);
        assertThat(codes.get(ExitCode.BAD_INPUT)).as("refused").isLessThan(LINES * 9 / 10);
    }

    /** Runs are always limited: a guest may go on for ever if its user wants it to. */
    private List<String> line() {
        List<String> line = new ArrayList<>();
        String command = pick(COMMANDS);
        if (!command.isEmpty()) {
            line.addAll(List.of(command.split(" ")));
        }
        if (command.equals("run") || command.equals("trace")) {
            line.addAll(List.of("--max-cycles", "3000"));
        }
        if (random.nextInt(10) > 0 && !command.equals("man") && !command.equals("fixtures run")) {
            line.add(random.nextInt(8) > 0 ? pick(FIXTURES) : junk());
        } else if (!command.startsWith("-") && !command.isEmpty()) {
            line.add("no/such/thing");
        }
        for (int count = random.nextInt(4); count > 0; count--) {
            option(line);
        }
        if (random.nextInt(10) == 0 && !line.isEmpty()) {
            line.add(random.nextInt(line.size()), junk());
        }
        return line;
    }

    private void option(List<String> line) {
        String option = pick(OPTIONS);
        if (option.equals("--trace-out")) {
            line.addAll(List.of(
                    option, random.nextBoolean() ? directory.resolve("trace").toString() : "/"));
        } else {
            line.add(option);
            if (random.nextInt(8) > 0) {
                line.add(random.nextInt(6) > 0 ? pick(VALUES) : junk());
            }
        }
    }

    private String junk() {
        String junk = pick(JUNK);
        return random.nextInt(3) == 0 ? pick(VALUES) + junk : junk;
    }

    private String pick(List<String> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private void check(List<String> line) {
        String shown = line.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        String words = shown.substring(0, Math.min(500, shown.length()));
        Answer answer = answer(line.toArray(String[]::new));
        codes.merge(answer.code, 1, Integer::sum);

        boolean debugging = line.contains("--debug");
        assertThat(answer.code).as("%s: %s", words, answer.err).isNotEqualTo(ExitCode.INTERNAL);
        if (!debugging) {
            assertThat(answer.err + answer.out).as(words).doesNotContain("\tat ", "Exception");
        }
        if (answer.code == ExitCode.BAD_INPUT && !debugging) {
            assertThat(answer.out).as("standard output of %s", words).isEmpty();
            assertOneLine(words, answer.err);
        }
    }

    private static void assertOneLine(String what, String err) {
        assertThat(err).as(what).startsWith("nmi64").endsWith("\n");
        assertThat(err.substring(0, err.length() - 1)).as(what).doesNotContainPattern("\\p{Cntrl}|\\R");
        assertThat(err.length()).as("length of the answer to %s", what).isLessThan(2_000);
    }

    private record Answer(ExitCode code, String out, String err) {}

    private static Answer answer(String... line) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        ExitCode code = Main.run(Console.of(out, new PrintWriter(err, true), Map.of()), line);
        return new Answer(code, out.toString(), err.toString());
    }

    @Test
    void schedule_files_of_any_content_are_read_or_refused_in_one_line() throws IOException {
        for (int i = 0; i < 300; i++) {
            Path file = Files.write(directory.resolve("schedule"), content(i));
            Answer answer = answer("run", "rfc/plain", "--max-cycles", "3000", "--schedule", file.toString());
            if (answer.code == ExitCode.BAD_INPUT) {
                assertOneLine("file " + i, answer.err);
            } else {
                assertThat(answer.code).as(answer.err).isNotEqualTo(ExitCode.INTERNAL);
            }
        }
    }

    private byte[] content(int kind) {
        byte[] junk = new byte[random.nextInt(200)];
        random.nextBytes(junk);
        String text = new String(junk, StandardCharsets.ISO_8859_1);
        return switch (kind % 6) {
            case 0 -> junk;
            case 1 -> text.getBytes(StandardCharsets.UTF_8);
            case 2 ->
                ("nmi@cycle=3\r\n#" + text.replaceAll("\\R", "") + "\r\nnmi@step=4").getBytes(StandardCharsets.UTF_8);
            case 3 -> "nmi@cycle=3\n".repeat(random.nextInt(3000)).getBytes(StandardCharsets.UTF_8);
            case 4 -> ("nmi@at=" + "x".repeat(random.nextInt(100_000))).getBytes(StandardCharsets.UTF_8);
            default -> Arrays.copyOf("nmi@cycle=3\n".getBytes(StandardCharsets.UTF_8), 50);
        };
    }

    /** Reading such a file to its end would take all memory. */
    @ParameterizedTest
    @ValueSource(strings = {"/dev/zero", "/proc/self/mem"})
    void what_is_no_file_is_never_read_to_its_end(String device) {
        if (Files.exists(Path.of(device))) {
            for (String[] line :
                    new String[][] {{"run", "rfc/plain", "--schedule", device}, {"run", device}, {"disasm", device}}) {
                Answer answer = answer(line);
                assertThat(answer.code).as(answer.err).isEqualTo(ExitCode.BAD_INPUT);
                assertOneLine(String.join(" ", line), answer.err);
            }
        }
    }
}
