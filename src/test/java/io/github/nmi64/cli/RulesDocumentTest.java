package io.github.nmi64.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Rules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule is named wherever rules are listed: the help, the pages on the machine and on the command line. */
class RulesDocumentTest {
    static Stream<Map.Entry<String, String>> rules() {
        return Rules.INTEL.byName().entrySet().stream();
    }

    @ParameterizedTest
    @MethodSource("rules")
    void a_rule_is_listed_with_its_default(Map.Entry<String, String> rule) throws IOException {
        String row = "\\| `" + rule.getKey() + "` \\| `" + rule.getValue() + "`[^|]* \\| \\S.*";

        for (String page : List.of("machine.md", "formats.md")) {
            assertThat(Files.readAllLines(Path.of("docs", page)))
                    .as(page)
                    .filteredOn(line -> Pattern.matches(row, line))
                    .hasSize(1);
        }
        assertThat(Nmi64Call.nmi64("run", "--help").out()).contains(rule.getKey() + "=");
    }
}
