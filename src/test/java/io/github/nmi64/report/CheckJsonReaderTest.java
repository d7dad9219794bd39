package io.github.nmi64.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads what {@link CheckJson} writes, and nothing else. */
class CheckJsonReaderTest {
    private static final String HOLDS = "catalogue/v37-plain-kernel";
    private static final String BREAKS = "catalogue/b02-rdi-lost-in-handler-kernel";

    @ParameterizedTest
    @CsvSource({HOLDS, BREAKS})
    void what_was_written_is_read_back(String fixture) {
        String json = Shards.of(fixture, 1).get(0).report().json();

        assertThat(CheckJsonReader.read("good.json", json).json()).isEqualTo(json);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``                           | not one JSON object",
                "garbage                      | not one JSON object",
                "{{{                          | not JSON",
                "[1]                          | not one JSON object",
                "{}                           | key 'fixture' is missing",
                "{\"fixture\":1,\"image\":[]} | key 'image' has an invalid value",
            })
    void what_no_check_has_written_is_refused(String text, String why) {
        assertThatThrownBy(() -> CheckJsonReader.read("bad.json", text))
                .isInstanceOf(UnusableResultException.class)
                .hasMessageContainingAll("bad.json is not the output of 'check --result json'", why);
    }

    @Test
    void a_value_that_cannot_be_is_refused_by_its_key() {
        String good = Shards.of(HOLDS, 2).get(0).report().json();

        assertThat(CheckJsonReader.read("good.json", good).word()).isEqualTo("proved");
        refused(good, "verdict\":\"proved", "verdict\":\"perhaps", "'verdict'");
        refused(good, "verdict\":\"proved", "verdict\":\"violated", "contradict");
        refused(good, "\"states\":", "\"states\":[],\"was\":", "'states'");
        refused(good, "1/2", "2/x", "'shard'");
        refused(good, "1/2", "0/2", "'shard'");
        refused(good, "1/2", "3/2", "'shard'");
        refused(good, "[\"nmi\"]", "[\"smi\"]", "'events'");
        refused(good, "\"image\"", "\"picture\"", "key 'image' is missing");
    }

    private static void refused(String good, String from, String to, String mentioned) {
        assertThat(good).contains(from);
        assertThatThrownBy(() -> CheckJsonReader.read("bad.json", good.replace(from, to)))
                .isInstanceOf(UnusableResultException.class)
                .hasMessageContaining(mentioned);
    }
}
