package io.github.nmi64.cli;

import static io.github.nmi64.cli.Nmi64Call.nmi64;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The examples of {@code docs/formats.md} and the README are what the program prints; a line {@code ...} stands for any lines. */
class FormatsDocumentTest {
    private static final Path DOCUMENT = Path.of("docs", "formats.md");
    private static final Path README = Path.of("README.md");
    private static final Pattern EXAMPLE =
            Pattern.compile("```console\n\\$ (?:scripts/)?nmi64 ([^\n]*)\n(.*?)```", Pattern.DOTALL);

    record Example(String commandLine, String shown) {
        @Override
        public String toString() {
            return commandLine;
        }
    }

    static Stream<Example> examples() throws IOException {
        List<Example> examples = new ArrayList<>();
        Matcher matcher = EXAMPLE.matcher(Files.readString(DOCUMENT) + Files.readString(README));
        while (matcher.find()) {
            examples.add(new Example(matcher.group(1), matcher.group(2)));
        }
        return examples.stream();
    }

    @Test
    void there_is_an_example_of_each_format() throws IOException {
        assertThat(examples().map(Example::commandLine))
                .anyMatch(line -> line.endsWith("--result json"))
                .anyMatch(line -> line.contains("--trace jsonl"))
                .anyMatch(line -> line.startsWith("trace "))
                .anyMatch(line -> line.startsWith("check ") && line.endsWith("--result json"))
                .anyMatch(line -> line.startsWith("fixtures run "));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void the_program_prints_what_the_document_shows(Example example) {
        String printed =
                ProcessTest.masked(nmi64(example.commandLine.split(" ")).out());

        String expected = Stream.of(ProcessTest.masked(example.shown).split("(?m)^\\.\\.\\.\n", -1))
                .map(Pattern::quote)
                .reduce((one, other) -> one + "(?s:.*)" + other)
                .orElseThrow();
        assertThat(printed).matches(expected);
    }

    @Test
    void the_document_lists_every_exit_code_and_rule() throws IOException {
        String document = Files.readString(DOCUMENT);

        for (ExitCode code : ExitCode.values()) {
            assertThat(document).contains("| " + code.number() + " |");
        }
        for (String rule : io.github.nmi64.core.Rules.INTEL.byName().keySet()) {
            assertThat(document).contains("`" + rule + "`");
        }
    }
}
