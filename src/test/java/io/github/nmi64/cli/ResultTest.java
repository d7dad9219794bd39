package io.github.nmi64.cli;

import static io.github.nmi64.cli.Nmi64Call.nmi64;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both forms of the result. */
class ResultTest {
    private static final String ADDRESS = "0x[0-9a-f]{1,16}";

    @TempDir
    private Path directory;

    private static JsonObject json(String text) {
        return JsonParser.parseString(text).getAsJsonObject();
    }

    @Test
    void the_json_result_has_exactly_the_keys_of_the_contract() {
        JsonObject result = json(nmi64(
                        "run",
                        "rfc/nested-handler",
                        "--result",
                        "json",
                        "--nmi",
                        "at=victim_window",
                        "--nmi",
                        "at=nmi_window",
                        "--nmi",
                        "step=99999999")
                .with(ExitCode.VIOLATED)
                .out());

        assertThat(result.keySet())
                .containsExactly(
                        "outcome",
                        "exitValue",
                        "instructions",
                        "cycles",
                        "registers",
                        "nmi",
                        "serial",
                        "console",
                        "expectations",
                        "violations",
                        "rules",
                        "unfired");
        JsonObject registers = result.getAsJsonObject("registers");
        assertThat(registers.keySet())
                .containsExactly(
                        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
                        "r14", "r15", "rip", "rflags", "cs", "ss", "cr2");
        assertThat(registers.asMap().values())
                .allMatch(value -> value.getAsString().matches(ADDRESS));
        assertThat(result.getAsJsonObject("nmi").toString())
                .isEqualTo("{\"asserted\":2,\"latched\":2,\"merged\":0,\"delivered\":2,\"blocked\":false}");
        assertThat(result.getAsJsonObject("rules").toString())
                .isEqualTo("{\"vendor\":\"intel\",\"unblock-at-iret-start\":true,\"sti-shadow-holds-nmi\":true,"
                        + "\"mov-ss-chains\":false,\"ist-keeps-ss\":true,\"tsc\":\"runs\"}");
        assertThat(result.getAsJsonArray("expectations")).isEmpty();
        assertThat(result.getAsJsonArray("unfired").toString()).isEqualTo("[\"nmi@step=99999999\"]");
        JsonObject violation = result.getAsJsonArray("violations").get(0).getAsJsonObject();
        assertThat(violation.keySet()).containsExactly("invariant", "step", "rip", "symbol", "detail");
        assertThat(violation.get("invariant").getAsString()).isEqualTo("context-restored");
        assertThat(violation.get("rip").getAsString()).matches(ADDRESS);
        assertThat(violation.get("symbol").getAsString()).isEqualTo("nmi_window");
    }

    @Test
    void the_json_result_tells_each_expectation() {
        JsonObject result = json(
                nmi64("run", "rfc/serial", "--result", "json").with(ExitCode.OK).out());

        assertThat(result.get("outcome").getAsString()).isEqualTo("exit");
        assertThat(result.get("exitValue").getAsLong()).isEqualTo(40);
        assertThat(result.get("serial").getAsString()).isNotEmpty();
        for (JsonElement expectation : result.getAsJsonArray("expectations")) {
            assertThat(expectation.getAsJsonObject().keySet()).containsExactly("text", "held");
            assertThat(expectation.getAsJsonObject().get("held").getAsBoolean()).isTrue();
        }
    }

    @Test
    void options_reach_the_run() {
        JsonObject result = json(nmi64(
                        "run",
                        "rfc/plain",
                        "--result",
                        "json",
                        "--rules",
                        "vendor=amd",
                        "--rules",
                        "ist-keeps-ss=false",
                        "--cycles",
                        "table",
                        "--max-instructions",
                        "0x64")
                .with(ExitCode.LIMIT)
                .out());

        assertThat(result.getAsJsonObject("rules").get("vendor").getAsString()).isEqualTo("amd");
        assertThat(result.getAsJsonObject("rules").get("ist-keeps-ss").getAsBoolean())
                .isFalse();
        assertThat(result.get("instructions").getAsLong()).isEqualTo(100);
        assertThat(result.get("cycles").getAsLong()).isGreaterThan(100);
    }

    @Test
    void injections_come_from_a_file_and_from_options_together() throws IOException {
        Path schedule = Files.writeString(directory.resolve("schedule"), "nmi@at=do_nmi # the second\n");

        JsonObject result = json(nmi64(
                        "run",
                        "v33/plain",
                        "--result",
                        "json",
                        "--schedule",
                        schedule.toString(),
                        "--nmi",
                        "at=victim_window",
                        "--inject",
                        "nmi@at=do_nmi")
                .with(ExitCode.OK)
                .out());

        assertThat(result.getAsJsonObject("nmi").toString())
                .isEqualTo("{\"asserted\":3,\"latched\":2,\"merged\":1,\"delivered\":2,\"blocked\":false}");
    }

    @Test
    void the_text_result_explains_the_run() throws IOException {
        String expected;
        try (InputStream golden = getClass().getResourceAsStream("rfc-nested-handler.txt")) {
            expected = new String(Objects.requireNonNull(golden).readAllBytes(), StandardCharsets.UTF_8);
        }

        assertThat(nmi64("run", "rfc/nested-handler", "--cycles", "unit")
                        .with(ExitCode.OK)
                        .out())
                .isEqualTo(expected);
    }

    @Test
    void a_result_that_goes_to_a_file_has_no_colour() {
        assertThat(nmi64("run", "rfc/plain").out()).doesNotContain("\u001b");
    }
}
