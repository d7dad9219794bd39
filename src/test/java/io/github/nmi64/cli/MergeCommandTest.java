package io.github.nmi64.cli;

import static io.github.nmi64.cli.Nmi64Call.nmi64;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code merge} joins what shards found, and only what belongs together. */
class MergeCommandTest {
    private static final String HOLDS = "catalogue/v37-plain-kernel";
    private static final String BREAKS = "catalogue/b02-rdi-lost-in-handler-kernel";

    @TempDir
    private Path directory;

    private String shard(String fixture, int shard, int shards) throws IOException {
        String json = nmi64("check", fixture, "--shard", shard + "/" + shards, "--result", "json")
                .out();
        return Files.writeString(directory.resolve(shard + "of" + shards + ".json"), json)
                .toString();
    }

    private List<String> shards(String fixture, int shards) throws IOException {
        List<String> files = new ArrayList<>();
        for (int shard = shards; shard >= 1; shard--) {
            files.add(shard(fixture, shard, shards));
        }
        return files;
    }

    private static JsonObject json(Ended ended) {
        return JsonParser.parseString(ended.out()).getAsJsonObject();
    }

    @ParameterizedTest
    @ValueSource(strings = {HOLDS, BREAKS})
    void shards_together_come_to_what_one_check_comes_to(String fixture) throws IOException {
        List<String> files = shards(fixture, 3);

        JsonObject merged = json(nmi64("merge", files.get(0), files.get(1), files.get(2), "--result", "json")
                .with(ExitCode.OK));
        JsonObject whole = json(nmi64("check", fixture, "--result", "json").with(ExitCode.OK));

        assertThat(merged.keySet()).containsExactlyElementsOf(whole.keySet());
        for (String key : List.of(
                "verdict",
                "events",
                "violation",
                "fixture",
                "image",
                "shard",
                "reason",
                "storm",
                "expected",
                "watched")) {
            assertThat(merged.get(key)).as(key).isEqualTo(whole.get(key));
        }
        long states = 0;
        for (String file : files) {
            states += JsonParser.parseString(Files.readString(Path.of(file)))
                    .getAsJsonObject()
                    .get("states")
                    .getAsLong();
        }
        assertThat(merged.get("states").getAsLong())
                .isEqualTo(states)
                .isGreaterThanOrEqualTo(whole.get("states").getAsLong());
        assertThat(merged.get("mergedShards").getAsInt()).isEqualTo(3);
    }

    @Test
    void one_shard_that_is_bounded_bounds_all() throws IOException {
        String first = shard(HOLDS, 1, 2);
        String bounded = nmi64("check", HOLDS, "--shard", "2/2", "--max-events", "1", "--result", "json")
                .out();
        String second =
                Files.writeString(directory.resolve("bounded.json"), bounded).toString();

        assertThat(nmi64("merge", first, second).with(ExitCode.VIOLATED).out())
                .contains("verdict    bounded: no violation with up to 1 event;")
                .contains("joined     2 shards; a state that several reached is counted once in each");
    }

    @Test
    void what_does_not_belong_together_is_refused() throws IOException {
        String first = shard(HOLDS, 1, 2);
        String third = shard(HOLDS, 1, 3);
        String other = Files.move(Path.of(shard(BREAKS, 2, 2)), directory.resolve("other.json"))
                .toString();
        String machineChecks = Files.writeString(
                        directory.resolve("mce.json"),
                        Files.readString(Path.of(first))
                                .replace("\"events\":[\"nmi\"]", "\"events\":[\"mce\"]")
                                .replace("1/2", "2/2"))
                .toString();

        nmi64("merge", first).refused(ExitCode.BAD_INPUT, "merge: shard 2/2 is missing", "--shard 2/2");
        nmi64("merge", first, first).refused(ExitCode.BAD_INPUT, "are both shard 1/2");
        nmi64("merge", first, third).refused(ExitCode.BAD_INPUT, third, "differ in number of shards");
        nmi64("merge", first, other).refused(ExitCode.BAD_INPUT, other, "differ in image");
        nmi64("merge", first, machineChecks).refused(ExitCode.BAD_INPUT, machineChecks, "differ in events");
    }

    @Test
    void garbage_is_refused_in_one_line() throws IOException {
        Path file = Files.writeString(directory.resolve("bad.json"), "garbage");

        nmi64("merge", file.toString()).refused(ExitCode.BAD_INPUT, file.toString(), "not one JSON object");
    }
}
