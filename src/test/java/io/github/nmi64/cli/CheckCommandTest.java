package io.github.nmi64.cli;

import static io.github.nmi64.cli.Nmi64Call.nmi64;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.nmi64.image.TinyElf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code check} and {@code catalogue} as their users meet them. */
class CheckCommandTest {
    /** Its victim runs with interrupts masked, so each vector that may be requested doubles the states. */
    private static final String LARGE = "catalogue/v42-two-int3-user";

    private static final String HOLDS = "catalogue/v37-plain-kernel";
    private static final String BREAKS = "catalogue/b02-rdi-lost-in-handler-kernel";
    private static final String IMAGES = "src/main/resources/io/github/nmi64/fixtures/";

    @TempDir
    private Path directory;

    @Test
    void an_entry_that_holds_is_proved() {
        Ended ended = nmi64("check", HOLDS).with(ExitCode.OK);

        assertThat(ended.out())
                .contains("verdict    proved for any number of events\n", "expected   proved (matches)\n")
                .contains("storm      an event at every boundary: ");
        assertThat(ended.err()).isEmpty();
    }

    @Test
    void an_entry_that_breaks_is_shown_to_break_and_the_schedule_replays() {
        Ended ended = nmi64("check", BREAKS).with(ExitCode.OK); // it is what the fixture expects

        assertThat(ended.out())
                .contains("verdict    violated: context-restored (rdi) with 2 events\n", " (matches)\n")
                .contains("\nschedule\n  nmi@", "\nwhat happens\n  step ", "\nreplay\n  nmi64 run " + BREAKS);
        String replay = ended.out()
                .lines()
                .filter(line -> line.startsWith("  nmi64 run "))
                .findFirst()
                .orElseThrow();
        assertThat(nmi64(replay.strip().substring("nmi64 ".length()).split(" "))
                        .with(ExitCode.VIOLATED)
                        .out())
                .contains("  context-restored at step ", "rdi was");
    }

    @Test
    void a_search_that_stops_at_a_bound_is_kept_and_goes_on() {
        String file = directory.resolve("search.ck").toString();
        Ended first = nmi64("check", HOLDS, "--max-events", "0", "--save", file).with(ExitCode.VIOLATED);
        assertThat(first.out()).contains("verdict    bounded: ", "expected   proved (DIFFERS)");
        assertThat(first.err()).contains("nmi64: search saved to " + file + "; continue with --resume " + file);

        Ended last = nmi64("check", HOLDS, "--resume", file, "--save", file).with(ExitCode.OK);
        assertThat(last.out()).contains("verdict    proved for any number of events\n");
        assertThat(last.err()).contains("not written: the search is complete");
        assertThat(directory).isDirectoryContaining(entry -> entry.endsWith("search.ck"));
        assertThat(directory.toFile().list()).as("nothing half-written").hasSize(1);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"missing.ck, there is no file", "., cannot be read", "text, not a file written by 'check --save'"})
    void a_file_that_holds_no_search_is_refused_in_one_line(String name, String complaint) throws IOException {
        Files.writeString(directory.resolve("text"), "a text that is longer than the magic number");

        Ended ended = nmi64("check", HOLDS, "--resume", directory.resolve(name).toString())
                .with(ExitCode.BAD_INPUT);

        assertThat(ended.err()).startsWith("nmi64: --resume: ").contains(complaint);
        assertThat(ended.err().lines()).hasSize(1);
    }

    @Test
    void the_json_result_has_these_keys_in_this_order() throws IOException, NoSuchAlgorithmException {
        Ended ended = nmi64("check", BREAKS, "--result", "json").with(ExitCode.OK);
        JsonObject json = JsonParser.parseString(ended.out()).getAsJsonObject();

        assertThat(json.keySet())
                .containsExactly(
                        "verdict",
                        "events",
                        "maxEventsExplored",
                        "states",
                        "transitions",
                        "seconds",
                        "violation",
                        "violations",
                        "fixture",
                        "shard",
                        "reason",
                        "liveWords",
                        "timeInState",
                        "storm",
                        "memoryBytes",
                        "image",
                        "mergedShards",
                        "expected",
                        "limit",
                        "directives",
                        "replay",
                        "arrivals",
                        "neverPossible",
                        "watched",
                        "notWatched",
                        "boundaries",
                        "assumptions");
        assertThat(json.getAsJsonObject("violation").keySet())
                .containsExactly("invariant", "subject", "detail", "schedule", "steps", "story", "culprit");
        byte[] image = Files.readAllBytes(Path.of(IMAGES + BREAKS + ".elf"));
        assertThat(json.get("image").getAsString())
                .isEqualTo(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(image)));
    }

    @ParameterizedTest
    @CsvSource({"0, no violation with up to 0 events", "1, no violation with up to 1 event;"})
    void a_bound_makes_the_verdict_bounded(String bound, String told) {
        assertThat(nmi64("check", BREAKS, "--max-events", bound)
                        .with(ExitCode.VIOLATED)
                        .out())
                .contains("verdict    bounded: " + told);
    }

    @Test
    void memory_that_does_not_suffice_makes_the_verdict_bounded() {
        assertThat(nmi64("check", "catalogue/v42-two-int3-user", "--memory", "1")
                        .with(ExitCode.LIMIT)
                        .out())
                .contains("verdict    bounded: ", "memory", "expected   proved (undecided)");
    }

    @Test
    void without_a_window_events_arrive_anywhere_and_that_is_told() throws IOException {
        byte[] code = HexFormat.of().parseHex("b800000000e7f4"); // exit 0; there is no IDT for an event
        byte[] elf = new TinyElf().segment(TinyElf.TEXT, 5, code, code.length).bytes();
        String file = Files.write(directory.resolve("x.elf"), elf).toString();

        Ended ended = nmi64("check", file).with(ExitCode.VIOLATED);

        assertThat(ended.err()).contains("x.elf has no directive 'window'").hasLineCount(1);
        assertThat(ended.out()).contains("violated: no-crash (shutdown) with 1 event\n");
    }

    @Test
    void a_java_heap_that_is_used_up_is_told_in_one_line() {
        Ended ended = new Nmi64Process()
                .environment("JAVA_TOOL_OPTIONS", "-Xmx20m")
                .run("check", LARGE, "--events", "nmi,intr:32,intr:33,intr:34", "--memory", "19")
                .with(ExitCode.ENVIRONMENT);

        assertThat(ended.err())
                .contains("nmi64: out of memory: the Java heap of ", "--memory", "NMI64_JAVA_OPTIONS")
                .doesNotContain("\tat ");
    }

    @Test
    void the_catalogue_judges_each_verdict() {
        Ended ended = nmi64("catalogue", BREAKS, HOLDS).with(ExitCode.OK);

        assertThat(ended.out().lines())
                .hasSize(3)
                .anyMatch(line -> line.startsWith("ok     " + BREAKS + " ")
                        && line.contains(" B02 ")
                        && line.contains(" rfc ")
                        && line.contains("violated: context-restored (rdi) with 2 events, ")
                        && line.endsWith(", as expected"))
                .anyMatch(line -> line.startsWith("ok     " + HOLDS + " ") && line.contains(" proved for any number "))
                .anyMatch(line -> line.startsWith("2 fixtures: 2 as expected, 0 not; "));
    }

    @Test
    void a_verdict_that_is_not_the_expected_one_fails_the_catalogue() throws IOException {
        byte[] code = HexFormat.of().parseHex("b800000000e7f4");
        byte[] elf = new TinyElf()
                .segment(TinyElf.TEXT, 5, code, code.length)
                .directives("verdict proved")
                .bytes();
        String file = Files.write(directory.resolve("x.elf"), elf).toString();

        assertThat(nmi64("catalogue", file).with(ExitCode.VIOLATED).out())
                .startsWith("FAILED " + file)
                .contains("violated: no-crash (shutdown) with 1 event", "; expected: proved\n")
                .contains("1 fixture: 0 as expected, 1 not; ");
    }

    @Test
    void what_keeps_states_apart_is_told_if_somebody_asks() {
        String text = nmi64("check", "invariants/last-place-matters", "--apart")
                .with(ExitCode.OK)
                .out();
        String json = nmi64("check", "invariants/last-place-matters", "--apart", "--result", "json")
                .with(ExitCode.OK)
                .out();
        String unasked = nmi64("check", "invariants/last-place-matters", "--result", "json")
                .out();

        assertThat(text)
                .containsPattern(
                        "what keeps states apart: of [0-9,]+ sampled states, [0-9]+ pairs that agree in everything")
                .containsPattern("(?m)^ +([0-9]+) +\\1  last_place$")
                .contains("Only you can know", "\"immaterial last_place last_place+0x8\"");
        assertThat(json)
                .containsPattern(
                        "\"apart\":\\{\"states\":[0-9]+,\"pairs\":([0-9]+),\"words\":\\[\\{"
                                + "\"name\":\"last_place\",\"pairs\":\\1,\"alone\":\\1,\"region\":\"last_place last_place\\+0x8\"\\}\\]\\}");
        assertThat(unasked).doesNotContain("\"apart\"");
    }

    @Test
    void what_keeps_states_apart_is_told_of_one_fixture_only() {
        nmi64("check", "invariants/left-word", "invariants/left-dr7", "--apart")
                .refused(ExitCode.BAD_INPUT, "--apart: for a single fixture only");
    }
}
