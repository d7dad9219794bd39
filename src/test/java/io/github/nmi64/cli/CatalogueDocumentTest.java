package io.github.nmi64.cli;

import static io.github.nmi64.cli.Nmi64Call.nmi64;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code docs/catalogue.md} is what {@code nmi64 catalogue --markdown} writes, all fixtures checked. */
class CatalogueDocumentTest {
    private static final Path DOCUMENT = Path.of("docs", "catalogue.md");

    @TempDir
    private Path directory;

    @Test
    void the_document_is_what_the_whole_catalogue_comes_to() throws IOException {
        Path written = directory.resolve("catalogue.md");

        nmi64("catalogue", "--markdown", written.toString()).with(ExitCode.OK);

        assertThat(Files.readString(DOCUMENT))
                .as("docs/catalogue.md; 'scripts/nmi64 catalogue --markdown docs/catalogue.md' writes it anew")
                .isEqualTo(Files.readString(written));
        try (var files = Files.list(directory)) {
            assertThat(files).hasSize(1); // nothing temporary is left
        }
    }

    @Test
    void every_row_a_fixture_shows_has_notes_and_the_head_tells_what_is_not_shown() throws IOException {
        String document = Files.readString(DOCUMENT);

        var headings = Pattern.compile("^## (\\S+)(.*)$", Pattern.MULTILINE)
                .matcher(document)
                .results()
                .toList();
        assertThat(headings)
                .hasSizeGreaterThan(30)
                .allMatch(heading ->
                        heading.group(1).endsWith(":") && heading.group(2).length() > 5);
        assertThat(document.substring(0, document.indexOf("\n## "))).contains("#VC", "B37", "SMI", "RSM", "FRED");
    }
}
