package io.github.nmi64;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Sections of the manuals are cited by the numbers of one edition, that of {@code docs/rules.md}, whose last table has
 * every number and title. So the same section does not appear under the chapters of two editions.
 */
class ManualCitationsTest {
    private static final Path RULES = Path.of("docs/rules.md");
    private static final List<Path> ROOTS =
            List.of(Path.of("README.md"), Path.of("docs"), Path.of("src"), Path.of("asm-fixtures"));
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| ((?:SDM|APM) vol\\. [1-4]) \\| ([^|]*?) ?\\| ([^|]*) \\|$");
    private static final Pattern VOLUME = Pattern.compile("\\b(?:(SDM|APM) )?vol\\. ([1-4])\\b");
    /** What follows a volume: sections, tables, figures and titles, one after the other. */
    private static final Pattern NEXT = Pattern.compile("(?:[,;]| and| to) "
            + "(?:(?<kind>table|figure|chapter|appendix)s? )?(?:(?<number>[0-9A-E]+(?:[.-][0-9]+)+)|(?<whole>[0-9]+|[A-E])\\b)"
            + "(?:,? interrupts? [0-9]+)?|[,;]? \"(?<title>[^\"]+)\"");

    /** A section by its number ({@code 6.7.1}, {@code table 6-2}) or its title in quotation marks. */
    private record Citation(String manual, String section) {}

    /** A line of the list; some are cited by title alone and have no number. */
    private record Section(String manual, String number, String title) {
        private List<Citation> names() {
            return Stream.of(number, '"' + title + '"')
                    .filter(name -> !name.isEmpty())
                    .map(name -> new Citation(manual, name))
                    .toList();
        }
    }

    @Test
    void every_section_cited_is_one_of_the_edition() throws IOException {
        Set<Citation> known = new HashSet<>();
        sections().forEach(section -> known.addAll(section.names()));

        List<String> unknown = new ArrayList<>();
        for (Path file : files()) {
            for (Citation citation : citations(Files.readString(file))) {
                if (!known.contains(citation) && !isInstructionPage(citation)) {
                    unknown.add(file + ": " + citation.manual + ", " + citation.section);
                }
            }
        }

        assertThat(unknown)
                .as("not a section of the edition docs/rules.md names")
                .isEmpty();
    }

    @Test
    void every_section_listed_is_cited() throws IOException {
        Set<Citation> cited = new HashSet<>();
        for (Path file : files()) {
            cited.addAll(citations(Files.readString(file)));
        }

        assertThat(sections().stream().filter(section -> Collections.disjoint(cited, section.names())))
                .as("listed, but cited nowhere")
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            (SDM vol. 3, 6.7.1 and 6.8.3; TP-055)              | SDM vol. 3 6.7.1, SDM vol. 3 6.8.3
            SDM vol. 2, "LTR"; vol. 3, 2.5, table 2-2          | SDM vol. 2 "LTR", SDM vol. 3 2.5, SDM vol. 3 table 2-2
            SDM vol. 3, 6.15 interrupt 8, 6.14.5               | SDM vol. 3 6.15, SDM vol. 3 6.14.5
            SDM vol. 3, tables 2-2, 12-1 and 13-1              | SDM vol. 3 table 2-2, SDM vol. 3 table 12-1, SDM vol. 3 table 13-1
            SDM vol. 3, 24.4.2 "Guest Non-Register State"      | SDM vol. 3 24.4.2, SDM vol. 3 "Guest Non-Register State"
            APM vol. 3, appendix E, on page 2                  | APM vol. 3 appendix E
            The Art of Computer Programming, vol. 2, 4.3.1     |
            """)
    void a_citation_is_read_as_it_is_written(String text, String expected) {
        List<String> read = citations(text).stream()
                .map(citation -> citation.manual + " " + citation.section)
                .toList();

        assertThat(String.join(", ", read)).isEqualTo(expected == null ? "" : expected);
    }

    @Test
    void a_manual_is_cited_with_its_volume() throws IOException {
        for (Path file : files()) {
            assertThat(joined(Files.readString(file)))
                    .as(file.toString())
                    .doesNotContainPattern("\\b(SDM|APM),? [0-9]");
        }
    }

    private static List<Section> sections() throws IOException {
        return ROW.matcher(Files.readString(RULES))
                .results()
                .map(row -> new Section(row.group(1), row.group(2), row.group(3)))
                .toList();
    }

    private static List<Citation> citations(String file) {
        String text = joined(file);
        List<Citation> citations = new ArrayList<>();
        String manual = null;
        int since = 0;
        Matcher volume = VOLUME.matcher(text);
        while (volume.find()) {
            if (volume.group(1) != null) {
                manual = volume.group(1);
            } else if (manual == null || text.substring(since, volume.start()).contains(". ")) {
                manual = text.startsWith("| ", Math.max(0, volume.start() - 2)) ? "SDM" : null;
            }
            since = volume.end();
            if (manual != null) {
                read(manual + " vol. " + volume.group(2), text, volume.end(), citations);
            }
        }
        return citations;
    }

    private static void read(String manual, String text, int from, List<Citation> citations) {
        Matcher next = NEXT.matcher(text);
        String kind = null;
        int at = from;
        while (next.region(at, text.length()).lookingAt()) {
            String number = next.group("number");
            if (next.group("title") != null) {
                citations.add(new Citation(manual, '"' + next.group("title") + '"'));
            } else if (number != null) {
                kind = next.group("kind") != null ? next.group("kind") : number.contains("-") ? kind : null;
                citations.add(new Citation(manual, kind == null ? number : kind + " " + number));
            } else if (next.group("kind") != null) {
                citations.add(new Citation(manual, next.group("kind") + " " + next.group("whole")));
            } else {
                return;
            }
            at = next.end();
        }
    }

    /** Lines of a comment, or of a string that goes on, as one. */
    private static String joined(String text) {
        return text.replaceAll("\\s*\\n\\s*(\\*(?!/)|//|#)?\\s*", " ");
    }

    private static boolean isInstructionPage(Citation citation) {
        return citation.manual.endsWith("vol. 2") && citation.section.matches("\"[A-Z].*\"")
                || citation.manual.equals("APM vol. 3") && citation.section.startsWith("\"");
    }

    private static List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path root : ROOTS) {
            try (Stream<Path> found = Files.walk(root)) {
                found.filter(file -> file.toString().matches(".*\\.(java|md|S|inc|h|txt)"))
                        .filter(file -> !file.endsWith("ManualCitationsTest.java"))
                        .forEach(files::add);
            }
        }
        return files;
    }
}
