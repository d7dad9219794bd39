package io.github.nmi64.cli;

import static io.github.nmi64.cli.Nmi64Call.nmi64;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import io.github.nmi64.image.TinyElf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** {@code check} of a directory or several fixtures, as a CI system meets it. */
class CheckSeveralTest {
    private static final String IMAGES = "src/main/resources/io/github/nmi64/fixtures/";

    @TempDir
    private Path directory;

    private void image(String name, String bundled) throws IOException {
        Files.copy(Path.of(IMAGES, bundled + ".elf"), directory.resolve(name));
    }

    /** Exits; without an IDT any event is its end. */
    private void tiny(String name, String directives) throws IOException {
        byte[] code = HexFormat.of().parseHex("9090b800000000e7f4");
        byte[] elf = new TinyElf()
                .segment(TinyElf.TEXT, 5, code, code.length)
                .symbol("first", TinyElf.TEXT + 1)
                .symbol("last", TinyElf.TEXT + 2)
                .directives(directives)
                .bytes();
        Files.write(directory.resolve(name), elf);
    }

    @Test
    void a_directory_is_told_a_line_a_fixture_and_a_sum() throws IOException {
        image("good.elf", "catalogue/v37-plain-kernel");
        image("run-only.elf", "cpu/sti-shadow");
        Files.createDirectory(directory.resolve("below"));
        image("below/expected.elf", "catalogue/b04-user-rsp-t");

        Ended ended = nmi64("check", directory.toString()).with(ExitCode.OK);

        assertThat(ended.out().lines())
                .hasSize(4)
                .anyMatch(line -> line.matches("ok +\\S*/below/expected\\.elf +violated: .*, as expected"))
                .anyMatch(line -> line.matches("ok +\\S*/good\\.elf +proved for any number of events, .*, as expected"))
                .anyMatch(line -> line.matches("skipped +\\S*/run-only\\.elf +for 'nmi64 run' only: .*'window'"))
                .endsWith("2 fixtures: 2 ok, 0 failed, 1 skipped, for 'nmi64 run' only");
    }

    @Test
    void what_fails_outweighs_what_cannot_be_used_and_both_what_is_not_decided() throws IOException {
        tiny("broken.elf", "arrivals first last");
        Files.writeString(directory.resolve("no.elf"), "no image");
        image("large.elf", "catalogue/v42-two-int3-user");

        Ended all = nmi64("check", directory.toString(), "--memory", "1").with(ExitCode.VIOLATED);
        assertThat(all.out())
                .contains("FAILED  ", "ERROR   ", "is not an ELF file", "bounded ")
                .endsWith("3 fixtures: 0 ok, 1 failed, 1 undecided, 1 unusable\n");

        Files.delete(directory.resolve("broken.elf"));
        nmi64("check", directory.toString(), "--memory", "1").with(ExitCode.BAD_INPUT);
        Files.delete(directory.resolve("no.elf"));
        nmi64("check", directory.toString(), "--memory", "1").with(ExitCode.LIMIT);
    }

    @Test
    void json_is_an_object_a_fixture_a_line_each() throws IOException {
        image("good.elf", "catalogue/v37-plain-kernel");
        image("run-only.elf", "cpu/sti-shadow");
        Files.writeString(directory.resolve("no.elf"), "no image");

        Ended ended = nmi64("check", directory.toString(), "--result", "json").with(ExitCode.BAD_INPUT);

        assertThat(ended.out()
                        .lines()
                        .map(line -> JsonParser.parseString(line).getAsJsonObject())
                        .map(object -> object.get("verdict").getAsString()))
                .containsExactly("proved", "error");
        assertThat(ended.err()).contains("run-only.elf is for 'nmi64 run' only");
    }

    @Test
    void junit_xml_has_a_test_case_a_fixture() throws Exception {
        image("good.elf", "catalogue/v37-plain-kernel");
        image("run-only.elf", "cpu/sti-shadow");
        tiny("a <&\"> b.elf", "arrivals first last");
        Files.writeString(directory.resolve("no.elf"), "no image");
        Path report = directory.resolve("report.xml");

        nmi64("check", directory.toString(), "--junit-xml", report.toString()).with(ExitCode.VIOLATED);

        Element root = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(report.toFile())
                .getDocumentElement();
        assertThat(root.getTagName()).isEqualTo("testsuites");
        Element suite = (Element) root.getElementsByTagName("testsuite").item(0);
        for (Element counted : new Element[] {root, suite}) {
            assertThat(counted.getAttribute("tests")).isEqualTo("4");
            assertThat(counted.getAttribute("failures")).isEqualTo("1");
            assertThat(counted.getAttribute("errors")).isEqualTo("1");
            assertThat(counted.getAttribute("skipped")).isEqualTo("1");
            assertThat(Double.parseDouble(counted.getAttribute("time"))).isPositive();
        }
        NodeList cases = suite.getElementsByTagName("testcase");
        assertThat(IntStream.range(0, cases.getLength())
                        .mapToObj(i -> (Element) cases.item(i))
                        .map(test -> Path.of(test.getAttribute("name")).getFileName()
                                + " "
                                + ((Element) test.getElementsByTagName("*").item(0)).getTagName()))
                .containsExactly(
                        "a <&\"> b.elf failure", "good.elf system-out", "no.elf error", "run-only.elf skipped");
        Element failure = (Element) suite.getElementsByTagName("failure").item(0);
        assertThat(failure.getAttribute("type")).isEqualTo("no-crash");
        assertThat(failure.getAttribute("message")).startsWith("violated: no-crash");
        assertThat(failure.getTextContent()).contains("\nreplay\n  nmi64 run '" + directory + "/a <&\"> b.elf'");
    }

    @Test
    void junit_xml_of_one_fixture_goes_with_its_text() throws IOException {
        Path report = directory.resolve("report.xml");

        Ended ended = nmi64("check", "catalogue/b04-user-rsp-t", "--junit-xml", report.toString())
                .with(ExitCode.OK);

        assertThat(ended.out()).contains("expected   violated").contains("\nreplay\n");
        assertThat(report).content().contains("tests=\"1\" failures=\"0\"", "<system-out>fixture ");
    }

    @Test
    void nothing_to_check_is_bad_input() throws IOException {
        image("run-only.elf", "cpu/sti-shadow");

        assertThat(nmi64("check", directory.toString()).with(ExitCode.BAD_INPUT).err())
                .contains("nothing was checked");
        nmi64("check", directory.toString(), "--save", directory.resolve("x.ck").toString())
                .refused(ExitCode.BAD_INPUT, "--save: for a single fixture only");
    }

    @Test
    void a_window_no_run_reaches_is_no_proof() throws IOException {
        tiny("never.elf", "arrivals 0x5000 0x5001");

        nmi64("check", directory.resolve("never.elf").toString()).refused(ExitCode.BAD_INPUT, "never.elf");
        assertThat(nmi64("check", directory.toString()).with(ExitCode.BAD_INPUT).out())
                .contains("ERROR   ", "0 ok, 0 failed, 1 unusable");
    }

    @Test
    void time_that_runs_out_is_told_so() throws IOException {
        byte[] code = HexFormat.of().parseHex("48ffc0ebfb"); // 1: inc %rax; jmp 1b
        byte[] elf = new TinyElf().segment(TinyElf.TEXT, 5, code, code.length).bytes();
        String file = Files.write(directory.resolve("x.elf"), elf).toString();

        assertThat(nmi64("check", file, "--max-seconds", "1")
                        .with(ExitCode.LIMIT)
                        .out())
                .contains(
                        "verdict    bounded: no violation with up to 0 events; the time limit was reached in layer 0");
    }
}
