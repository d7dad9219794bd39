package io.github.nmi64.cli;

import static io.github.nmi64.cli.Nmi64Call.nmi64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.image.TinyElf;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What surrounds a command: the shell that calls it, pipes, Ctrl-C, completion, help, options for images that say little. */
@Execution(ExecutionMode.CONCURRENT)
class CommandLineTest {
    @TempDir
    private Path directory;

    private static List<String> command(String... words) {
        return Stream.concat(
                        Stream.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Main.class.getName()),
                        Stream.of(words))
                .toList();
    }

    private Process start(String... words) throws IOException {
        return new ProcessBuilder(command(words))
                .redirectOutput(directory.resolve("out").toFile())
                .redirectError(directory.resolve("err").toFile())
                .start();
    }

    private String image() throws IOException {
        byte[] code = HexFormat.of().parseHex("9090b800000000e7f4");
        byte[] elf = new TinyElf()
                .segment(TinyElf.TEXT, 5, code, code.length)
                .symbol("first", TinyElf.TEXT + 1)
                .symbol("last", TinyElf.TEXT + 2)
                .bytes();
        return Files.write(directory.resolve("it's an image.elf"), elf).toString();
    }

    @Test
    void whoever_has_seen_enough_hears_nothing_more() throws Exception {
        String line = String.join(
                " ",
                command("trace", "rfc/plain").stream()
                        .map(word -> "'" + word + "'")
                        .toList());
        Process process = new ProcessBuilder("bash", "-c", line + " | head -1 >/dev/null; exit ${PIPESTATUS[0]}")
                .redirectError(directory.resolve("err").toFile())
                .start();

        assertThat(process.waitFor()).isEqualTo(ExitCode.PIPE_CLOSED.number());
        assertThat(directory.resolve("err")).isEmptyFile();
    }

    @Test
    void ctrl_c_keeps_the_search_and_says_how_to_go_on() throws Exception {
        Path kept = directory.resolve("kept search.ck");
        int code = 0;
        // How fast this machine is nobody knows: not before the first layer is complete, nor after the last.
        for (int millis = 1500; code != ExitCode.INTERRUPTED.number() || !Files.exists(kept); millis += 700) {
            assertThat(millis).isLessThan(60_000);
            Process process =
                    start("check", "catalogue/v42-two-int3-user", "--threads", "1", "--save", kept.toString());
            Thread.sleep(millis);
            new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                    .start()
                    .waitFor();
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
            code = process.exitValue();
        }

        assertThat(Files.readString(directory.resolve("err")))
                .isEqualTo("nmi64: search saved to " + kept + "; continue with: nmi64 check catalogue/v42-two-int3-user"
                        + " --threads 1 --save '" + kept + "' --resume '" + kept + "'\n");
        assertThat(Files.readString(directory.resolve("out"))).contains("bounded: ", "interrupted in layer ");
        assertThat(nmi64("check", "catalogue/v42-two-int3-user", "--resume", kept.toString())
                        .with(ExitCode.OK)
                        .out())
                .contains("verdict    proved");
    }

    @Test
    void a_replay_is_quoted_and_keeps_what_was_said_of_the_image() throws Exception {
        String file = image();
        String checked = new Nmi64Process()
                .environment("NMI64_CALLED_AS", "bin/my nmi64")
                .run("check", file, "--window", "first..last", "--handler", "first..last")
                .with(ExitCode.VIOLATED)
                .out();

        String replay = checked.lines()
                .dropWhile(line -> !line.equals("replay"))
                .skip(1)
                .findFirst()
                .orElseThrow();
        assertThat(replay)
                .isEqualTo("  'bin/my nmi64' run '" + file.replace("'", "'\\''")
                        + "' --window first..last --handler first..last --inject nmi@at=first,hit=1");
    }

    @Test
    void help_is_a_command_too() {
        assertThat(nmi64("help", "check").with(ExitCode.OK).out())
                .isEqualTo(nmi64("check", "--help").with(ExitCode.OK).out());
        assertThat(nmi64("help", "fixtures", "run").with(ExitCode.OK).out()).startsWith("Usage: nmi64 fixtures run ");
        assertThat(nmi64("help").with(ExitCode.OK).out()).startsWith("Usage: nmi64 ");
        nmi64("help", "chekc").refused(ExitCode.BAD_INPUT, "'chekc'", "expected one of: run, trace, check");
    }

    @Test
    void completion_offers_fixtures_by_name() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "needs bash");
        Path script = Files.writeString(
                directory.resolve("completion"),
                nmi64("completion").with(ExitCode.OK).out());
        for (String command : List.of("run", "check", "trace", "disasm")) {
            String line = "source '" + script + "'; COMP_WORDS=(nmi64 " + command + " rfc/pl); COMP_CWORD=2;"
                    + " COMP_LINE='nmi64 " + command + " rfc/pl'; _complete_nmi64; echo \"${COMPREPLY[@]}\"";
            Process bash = new ProcessBuilder("bash", "-c", line).start();
            assertThat(new String(bash.getInputStream().readAllBytes()).strip())
                    .as(command)
                    .isEqualTo("rfc/plain");
        }
    }

    @Test
    void a_plain_image_is_told_of_by_options_or_a_file() throws Exception {
        String file = image();
        Path beside = directory.resolve("it's an image.nmi64");

        Files.writeString(beside, "arrivals first last\nverdict violated no-crash\n");
        assertThat(nmi64("check", file).with(ExitCode.OK).out()).contains("expected   violated no-crash (matches)");

        Path other = Files.writeString(directory.resolve("other"), "# elsewhere\n\nverdict proved\n");
        assertThat(nmi64("check", file, "--directives", other.toString())
                        .with(ExitCode.VIOLATED)
                        .out())
                .contains("expected   proved (DIFFERS)");

        Files.writeString(other, "verdict proved\nhandler nowhere last\n");
        nmi64("check", file, "--directives", other.toString())
                .refused(ExitCode.BAD_INPUT, other + ":2: 'handler nowhere last': unknown symbol 'nowhere'");
        nmi64("check", file, "--handler", "first..lost")
                .refused(ExitCode.BAD_INPUT, "--handler: 'handler first lost': unknown symbol 'lost'");
        nmi64("check", file, "--window", "first")
                .refused(ExitCode.BAD_INPUT, "--window: expected A..B", "found 'first'");
        assertThat(ProcessTest.masked(nmi64("check", file, "--arrivals", "first..last", "--result", "json")
                        .out()))
                .as("the old name")
                .contains("\"boundaries\":")
                .isEqualTo(ProcessTest.masked(nmi64("check", file, "--window", "first..last", "--result", "json")
                        .out()));
        Files.writeString(directory.resolve("it's an image.elf.nmi64"), "");
        nmi64("run", file).refused(ExitCode.BAD_INPUT, "both hold directives", "remove one");
    }

    @Test
    void an_nmi_before_there_is_an_idt_is_told_so() throws Exception {
        assertThat(nmi64("run", image(), "--nmi", "cycle=1")
                        .with(ExitCode.GUEST_DIED)
                        .out())
                .contains("NMI arrives before there is an IDT (IDTR.limit is 0)");
    }

    @Test
    void repeated_violations_are_one_line_with_a_count() throws Exception {
        byte[] code = HexFormat.of().parseHex("909090f4");
        byte[] elf = new TinyElf()
                .segment(TinyElf.TEXT, 5, code, code.length)
                .directives("assert rax == 1")
                .bytes();
        String file = Files.write(directory.resolve("x.elf"), elf).toString();

        assertThat(nmi64("run", file)
                        .with(ExitCode.VIOLATED)
                        .out()
                        .lines()
                        .filter(line -> line.startsWith("  assertion ")))
                .singleElement()
                .asString()
                .containsPattern("; [0-9]+ times, the last at step [0-9]+$");
    }

    @Test
    void fixtures_for_check_only_are_told_so() {
        assertThat(nmi64("fixtures", "run", "catalogue/v37-plain")
                        .with(ExitCode.OK)
                        .out())
                .contains("its schedule has no events: use 'nmi64 check'")
                .endsWith(
                        "2 fixtures: 2 ok, 0 failed; 2 of them for 'nmi64 check' only: their schedules have no events\n");
    }

    /** What somebody leaves there who follows its README must not end in the jar. */
    @Test
    void the_jar_takes_from_asm_fixtures_what_belongs_there_and_nothing_else() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        String resource = pom.substring(pom.indexOf("<directory>asm-fixtures</directory>"));
        String includes = resource.substring(0, resource.indexOf("</includes>"));
        List<PathMatcher> matchers = Pattern.compile("<include>(.*)</include>")
                .matcher(includes)
                .results()
                .map(found -> FileSystems.getDefault().getPathMatcher("glob:" + found.group(1)))
                .toList();

        for (String junk : List.of("x.o", "x.elf", "include/x.o", "rfc/x.o", "rfc/plain.elf", "rfc/plain.S~")) {
            assertThat(matchers).as(junk).noneMatch(matcher -> matcher.matches(Path.of(junk)));
        }
        Map<String, String> wanted = Map.of("rfc/plain.S", "", "include/machine.inc", "", "link.ld", "", "COPYING", "");
        for (String file : wanted.keySet()) {
            assertThat(matchers).as(file).anyMatch(matcher -> matcher.matches(Path.of(file)));
        }
    }
}
