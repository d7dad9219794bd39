package io.github.nmi64.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.image.TinyElf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The log: on standard error, and no part of a run that has nothing to say. */
@Execution(ExecutionMode.CONCURRENT)
class LogTest {
    @TempDir
    private Path directory;

    /** {@code out %al, $0x80}, ten times, then {@code out %al, $0xf4}. */
    private String writesToPort80() throws IOException {
        byte[] code = HexFormat.of().parseHex("e680".repeat(10) + "31c0e6f4");
        byte[] elf = new TinyElf()
                .segment(TinyElf.TEXT, 5, code, code.length)
                .section(".text", 1, 6, TinyElf.TEXT, code)
                .symbol("_start", TinyElf.TEXT)
                .bytes();
        return Files.write(directory.resolve("port80.elf"), elf).toString();
    }

    private static Ended loading(String... words) {
        return new Nmi64Process().java("-Xlog:class+load").run(words);
    }

    @ParameterizedTest
    @ValueSource(strings = {"run rfc/nested-handler", "check catalogue/v37-plain-kernel", "fixtures list", "--version"})
    void it_is_not_loaded_when_nothing_is_logged(String line) {
        assertThat(loading(line.split(" ")).with(ExitCode.OK).out())
                .contains("io.github.nmi64.cli.Main ")
                .doesNotContain("ch.qos.logback", "org.slf4j");
    }

    @Test
    void a_warning_reaches_the_user_once_a_port_and_no_configuration_file_is_parsed() throws IOException {
        Ended ended = loading("run", writesToPort80()).with(ExitCode.OK);

        assertThat(ended.err()).isEqualTo("nmi64: WARN: writes to port 0x80 are ignored: no device is there\n");
        assertThat(ended.out())
                .contains("ch.qos.logback.classic.Logger ")
                .doesNotContain("JoranConfigurator", "org.xml.sax");
    }

    @Test
    void verbose_tells_what_is_done_and_changes_no_result() {
        Ended quiet = Nmi64Process.nmi64("run", "rfc/plain").with(ExitCode.OK);

        for (String option : new String[] {"-v", "--verbose"}) {
            Ended verbose = Nmi64Process.nmi64("run", "rfc/plain", option).with(ExitCode.OK);
            assertThat(verbose.err()).isEqualTo("nmi64: DEBUG: rfc/plain: bundled image\n");
            assertThat(verbose.out()).isEqualTo(quiet.out());
        }
        assertThat(quiet.err()).isEmpty();
    }
}
