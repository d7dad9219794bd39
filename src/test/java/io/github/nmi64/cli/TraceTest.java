package io.github.nmi64.cli;

import static io.github.nmi64.cli.Nmi64Call.nmi64;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traces as the program writes them. */
class TraceTest {
    @TempDir
    private Path directory;

    private Path traced(String name, String fixture, String form) {
        Path file = directory.resolve(name);
        nmi64("run", fixture, "--cycles", "unit", "--trace", form, "--trace-out", file.toString(), "--result", "json")
                .with(ExitCode.OK);
        return file;
    }

    private static List<JsonObject> objects(String lines) {
        return lines.lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
    }

    /**
     * The digest depends on the image and on the text of instructions. When one of them changes on purpose, look at the
     * difference between the traces, then put the new digest into the resource.
     */
    @Test
    void the_trace_is_the_same_on_every_platform() throws Exception {
        byte[] trace = Files.readAllBytes(traced("trace", "rfc/nested-handler", "jsonl"));
        String digest =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(trace));

        try (InputStream pinned = getClass().getResourceAsStream("rfc-nested-handler.jsonl.sha256")) {
            assertThat(digest)
                    .isEqualTo(new String(Objects.requireNonNull(pinned).readAllBytes(), StandardCharsets.US_ASCII)
                            .strip());
        }
    }

    @Test
    void the_same_run_writes_the_same_bytes() throws IOException {
        assertThat(traced("one", "rfc/three-nmis", "jsonl"))
                .hasSameBinaryContentAs(traced("two", "rfc/three-nmis", "jsonl"));
        assertThat(traced("three", "rfc/three-nmis", "text"))
                .hasSameBinaryContentAs(traced("four", "rfc/three-nmis", "text"));
    }

    @Test
    void a_file_replaces_an_older_one_and_no_other_is_left() throws IOException {
        Path file = Files.writeString(directory.resolve("trace"), "old");

        traced("trace", "cpu/sti-shadow", "text");

        assertThat(file).content().startsWith("    step    cycle  nmi  where");
        assertThat(directory).isDirectoryNotContaining(other -> !other.equals(file));
    }

    @Test
    void on_standard_output_the_result_is_the_last_line() {
        Ended ended = nmi64("run", "cpu/sti-shadow", "--trace", "jsonl", "--result", "json")
                .with(ExitCode.OK);

        List<JsonObject> lines = objects(ended.out());
        long instructions = JsonParser.parseString(ended.lastLine())
                .getAsJsonObject()
                .get("instructions")
                .getAsLong();
        assertThat(lines.stream().filter(line -> line.has("text"))).hasSize((int) instructions);
        assertThat(lines.stream().filter(line -> line.has("outcome"))).hasSize(1);
    }

    @Test
    void instructions_are_numbered_without_gaps_and_time_never_goes_back() throws IOException {
        long retired = 0;
        long cycle = 0;
        for (JsonObject line : objects(Files.readString(traced("trace", "v33/three-nmis", "jsonl")))) {
            long n = line.get("n").getAsLong();
            if (line.has("text")) {
                assertThat(n).isEqualTo(retired++);
            } else {
                // an event of the instruction before it, such as an INT3, or of the boundary after it
                assertThat(n).isBetween(retired - 1, retired);
            }
            assertThat(line.get("cycle").getAsLong()).isGreaterThanOrEqualTo(cycle);
            cycle = line.get("cycle").getAsLong();
        }
    }

    @Test
    void an_interrupted_repetition_appears_again_when_it_resumes() throws IOException {
        List<JsonObject> lines = objects(Files.readString(traced("trace", "rfc/rep-movsb", "jsonl")));

        List<JsonObject> repeated = lines.stream()
                .filter(line ->
                        line.has("text") && line.get("text").getAsString().startsWith("rep "))
                .toList();
        assertThat(repeated).hasSize(2);
        int before = repeated.get(0).getAsJsonArray("writes").size();
        int after = repeated.get(1).getAsJsonArray("writes").size();
        assertThat(before).isPositive();
        assertThat(Long.decode(repeated.get(0).get("rcx").getAsString())).isEqualTo(before + after);
        assertThat(Long.decode(repeated.get(1).get("rcx").getAsString())).isEqualTo(after);
    }

    @Test
    void the_events_of_a_nested_nmi_are_told_in_order() throws IOException {
        List<String> events = objects(Files.readString(traced("trace", "rfc/nested-handler", "jsonl"))).stream()
                .filter(line -> line.has("event"))
                .map(line -> line.get("event").getAsString())
                .toList();

        assertThat(events)
                .containsExactly(
                        "assert",
                        "latch",
                        "nmi",
                        "exception",
                        "iret-unblocks",
                        "assert",
                        "latch",
                        "nmi",
                        "iret-unblocks",
                        "exception");
    }

    @Test
    void trace_is_run_with_a_text_trace() {
        Ended ended = nmi64("trace", "cpu/triple-fault").with(ExitCode.OK);

        assertThat(ended.out())
                .startsWith("    step    cycle  nmi  where")
                .contains(
                        "(faults)",
                        "** shutdown: triple fault: #UD, in the end #GP(",
                        "\n\nfixture    cpu/triple-fault");
    }
}
