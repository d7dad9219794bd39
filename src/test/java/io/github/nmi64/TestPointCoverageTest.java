package io.github.nmi64;

import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAnnotation;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.commons.annotation.Testable;

/**
 * The rules of {@code docs/rules.md} and the tests that name them agree. The page has one rule a line: number, label,
 * either what must hold or, after {@code out:}, why the emulator does not model it, and where the manual says so. A test
 * names a rule where a runner shows it: in its display name, or in the row of its table.
 */
class TestPointCoverageTest {
    private static final Path LIST = Path.of("docs/rules.md");
    private static final List<Path> EVERYTHING =
            List.of(Path.of("src"), Path.of("asm-fixtures"), Path.of("docs"), Path.of("README.md"));
    private static final Pattern NUMBER = Pattern.compile("TP-\\d{3}");
    private static final Pattern LINE =
            Pattern.compile("\\| (TP-\\d{3}) \\| `([a-z][a-zA-Z0-9-]*)` \\| (out: )?(\\S[^|]*) \\| \\S[^|]* \\|");

    private static final Set<String> SHOWN = Stream.of(
                    DisplayName.class, Label.class, ParameterizedTest.class, CsvSource.class, ValueSource.class)
            .map(Class::getName)
            .collect(toSet());

    private record Point(String number, String label, boolean inScope, String text) {}

    @Test
    void every_point_in_scope_is_named_by_a_test() throws IOException {
        TreeSet<String> uncovered = points().stream()
                .filter(Point::inScope)
                .map(point -> point.number + " " + point.label + ": " + point.text)
                .collect(toCollection(TreeSet::new));
        TreeSet<String> named = namedByTests();
        uncovered.removeIf(point -> named.contains(point.substring(0, 6)));

        assertThat(uncovered).as("rules that no test names").isEmpty();
    }

    @Test
    void no_rule_is_named_that_is_not_listed() throws IOException {
        TreeSet<String> unknown = namedAnywhere();
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

    /** From the display names of whatever is run as a test, and from the tables of parameters, which are shown as well. */
    private static TreeSet<String> namedByTests() {
        TreeSet<String> named = new TreeSet<>();
        URL ownClasses = TestPointCoverageTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation();
        for (JavaClass type : new ClassFileImporter().importUrl(ownClasses)) {
            List<JavaMethod> tests = type.getMethods().stream()
                    .filter(TestPointCoverageTest::isRun)
                    .toList();
            if (!tests.isEmpty() && !type.isAnnotatedWith(Disabled.class)) {
                collect(type.getAnnotations(), named);
                tests.forEach(test -> collect(test.getAnnotations(), named));
            }
        }
        return named;
    }

    private static boolean isRun(JavaMethod method) {
        return !method.isAnnotatedWith(Disabled.class)
                && (method.isMetaAnnotatedWith(Testable.class) || method.isAnnotatedWith(Property.class));
    }

    private static void collect(Set<? extends JavaAnnotation<?>> annotations, Set<String> named) {
        for (JavaAnnotation<?> annotation : annotations) {
            if (SHOWN.contains(annotation.getRawType().getName())) {
                annotation.getProperties().values().forEach(value -> {
                    for (Object text : value instanceof Object[] texts ? texts : new Object[] {value}) {
                        numbers(text.toString()).forEach(named::add);
                    }
                });
            }
        }
    }

    private static TreeSet<String> namedAnywhere() throws IOException {
        TreeSet<String> named = new TreeSet<>();
        for (Path root : EVERYTHING) {
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.filter(TestPointCoverageTest::isSource).toList()) {
                    numbers(Files.readString(file)).forEach(named::add);
                }
            }
        }
        return named;
    }

    private static Stream<String> numbers(String text) {
        return NUMBER.matcher(text).results().map(MatchResult::group);
    }

    private static boolean isSource(Path file) {
        String name = file.getFileName().toString();
        return name.matches(".*\\.(java|S|inc|h|md)");
    }
}
