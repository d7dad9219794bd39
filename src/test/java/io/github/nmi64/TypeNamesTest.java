package io.github.nmi64;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** One name for one thing: a simple name is that of one type, so that it says which without its package. */
class TypeNamesTest {
    private static final Path SOURCES = Path.of("src/main/java");
    private static final Pattern NESTED =
            Pattern.compile("^ +[a-z ]*\\b(?:class|record|enum|interface) ([A-Z]\\w*)", Pattern.MULTILINE);
    /** What a class can take of itself and be put back to. */
    private static final Set<String> SHARED = Set.of("Snapshot");

    @Test
    void no_two_types_have_the_same_simple_name() throws IOException {
        TreeMap<String, TreeSet<String>> files = new TreeMap<>();
        for (Path file : files()) {
            files.computeIfAbsent(simpleName(file), name -> new TreeSet<>())
                    .add(SOURCES.relativize(file).toString());
        }
        files.values().removeIf(same -> same.size() == 1);

        assertThat(files).isEmpty();
    }

    @Test
    void no_nested_type_has_the_name_of_another_file() throws IOException {
        Set<String> names = files().stream().map(TypeNamesTest::simpleName).collect(Collectors.toSet());
        names.removeAll(SHARED);
        TreeSet<String> same = new TreeSet<>();
        for (Path file : files()) {
            Matcher nested = NESTED.matcher(Files.readString(file));
            while (nested.find()) {
                if (names.contains(nested.group(1))) {
                    same.add(simpleName(file) + "." + nested.group(1));
                }
            }
        }

        assertThat(same).isEmpty();
    }

    private static Set<Path> files() throws IOException {
        try (Stream<Path> tree = Files.walk(SOURCES)) {
            return tree.filter(file -> file.toString().endsWith(".java")
                            && !file.endsWith("package-info.java")
                            && !file.endsWith("module-info.java"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static String simpleName(Path file) {
        return file.getFileName().toString().replace(".java", "");
    }
}
