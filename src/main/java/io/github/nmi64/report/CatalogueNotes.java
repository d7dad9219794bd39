package io.github.nmi64.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is known of the catalogue's rows apart from what {@code check} finds.
 *
 * @param head the beginning of the document
 * @param rows by id, in order
 */
public record CatalogueNotes(String head, Map<String, Row> rows) {

    /**
     * One row.
     *
     * @param name what the bug is called
     * @param mechanism how it comes about, a sentence
     * @param history kernel versions, commits, CVEs
     */
    public record Row(String name, String mechanism, String history) {}

    /** The notes that come with the program. */
    public static CatalogueNotes bundled() {
        Map<String, Row> rows = new TreeMap<>();
        resource("catalogue-rows.txt")
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .forEach(line -> read(line, rows));
        return new CatalogueNotes(resource("catalogue-head.md"), rows);
    }

    private static void read(String line, Map<String, Row> rows) {
        String[] cells = line.split(" \\| ", -1);
        if (cells.length != 4) {
            throw new IllegalStateException("catalogue-rows.txt: expected four cells: " + line);
        }
        rows.put(cells[0].strip(), new Row(cells[1], cells[2], cells[3]));
    }

    private static String resource(String name) {
        try (InputStream stream = CatalogueNotes.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException("resource " + name + " is missing");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
