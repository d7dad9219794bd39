package io.github.nmi64;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The rules of {@code docs/rules.md} and the tests that name them agree. The page has one rule a line: number, label,
 * either what must hold or, after {@code out:}, why the emulator does not model it, and where the manual says so.
 */
class TestPointCoverageTest {
    private static final Path LIST = Path.of("docs/rules.md");
    private static final List<Path> TESTS = List.of(Path.of("src/test/java"), Path.of("asm-fixtures"));
    private static final List<Path> EVERYTHING =
            List.of(Path.of("src"), Path.of("asm-fixtures"), Path.of("docs"), Path.of("README.md"));
    private static final Pattern NUMBER = Pattern.compile("TP-\\d{3}");
    private static final Pattern LINE =
            Pattern.compile("\\| (TP-\\d{3}) \\| `([a-z][a-zA-Z0-9-]*)` \\| (out: )?(\\S[^|]*) \\| \\S[^|]* \\|");

    private record Point(String number, String label, boolean inScope, String text) {}

    @Test
    void every_point_in_scope_is_named_by_a_test() throws IOException {
        TreeSet<String> uncovered = points().stream()
                .filter(Point::inScope)
                .map(point -> point.number + " " + point.label + ": " + point.text)
                .collect(toCollection(TreeSet::new));
        TreeSet<String> named = named(TESTS);
        uncovered.removeIf(point -> named.contains(point.substring(0, 6)));

        assertThat(uncovered).as("rules that no test names").isEmpty();
    }

    @Test
    void no_rule_is_named_that_is_not_listed() throws IOException {
        TreeSet<String> unknown = named(EVERYTHING);
        unknown.removeAll(points().stream().map(Point::number).toList());

        assertThat(unknown).isEmpty();
    }

    @Test
    void the_list_is_complete_and_unique() throws IOException {
        List<Point> points = points();
        List<String> expected = Stream.iterate(1, number -> number + 1)
                .limit(points.size())
                .map(number -> String.format("TP-%03d", number))
                .toList();

        assertThat(points.stream().map(Point::number)).containsExactlyElementsOf(expected);
        TreeMap<String, String> labels = new TreeMap<>();
        for (Point point : points) {
            assertThat(labels.put(point.label, point.number)).as(point.label).isNull();
        }
    }

    private static List<Point> points() throws IOException {
        List<Point> points = new ArrayList<>();
        for (String line : Files.readAllLines(LIST)) {
            if (!line.startsWith("| TP-")) {
                continue;
            }
            Matcher matcher = LINE.matcher(line);
            assertThat(matcher.matches()).as("a line of " + LIST + ": " + line).isTrue();
            points.add(new Point(matcher.group(1), matcher.group(2), matcher.group(3) == null, matcher.group(4)));
        }
        return points;
    }

    private static TreeSet<String> named(List<Path> roots) throws IOException {
        TreeSet<String> named = new TreeSet<>();
        for (Path root : roots) {
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.filter(TestPointCoverageTest::isSource).toList()) {
                    NUMBER.matcher(Files.readString(file))
                            .results()
                            .map(MatchResult::group)
                            .forEach(named::add);
                }
            }
        }
        return named;
    }

    private static boolean isSource(Path file) {
        String name = file.getFileName().toString();
        return name.matches(".*\\.(java|S|inc|h|md)");
    }
}
