package io.github.nmi64;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * No signpost leads nowhere: every file, link, heading, package, type and member that a comment, Javadoc or a page names is
 * there. Names are looked up in the sources, so a renamed class or a moved package is missed here by the pages that still
 * have the old name.
 */
class SignpostsTest {
    private static final String ROOT = "io.github.nmi64";
    /** In quotes like types, but none of ours. */
    private static final Set<String> NO_TYPES = Set.of("GenuineIntel", "AuthenticAMD");

    private static final Pattern PATH =
            Pattern.compile("(?<![\\w/.$~-])(?:docs|src|scripts|asm-fixtures)/[\\w.*/-]*[\\w*/]");
    private static final Pattern LINK = Pattern.compile("\\[[^\\]\\n]*(?:\\n[^\\]\\n]*)?]\\(([^)\\s]+)\\)");
    private static final Pattern QUALIFIED =
            Pattern.compile("\\bio\\.github\\.nmi64((?:\\.[a-z][a-z0-9]*)*)((?:\\.[A-Z]\\w*)?)");
    private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|(?<!:)//[^\\n]*", Pattern.DOTALL);
    private static final Pattern JAVADOC_LINK =
            Pattern.compile("(?:\\{@link(?:plain)?|@see)\\s+([\\w.]*)(?:#(\\w+))?[^}]*");
    private static final Pattern QUOTED = Pattern.compile("`([^`\\n]+)`|\\{@code ([^}]+)}");
    private static final Pattern TYPE =
            Pattern.compile("((?:[a-z]+\\.)*)([A-Z][a-z]\\w*)((?:\\.[A-Z][a-z]\\w*)*)(?:[.#](\\w+))?(?:\\(.*\\))?");
    private static final Pattern TEST = Pattern.compile("\\b[A-Z]\\w+Test\\b");
    private static final Pattern DECLARATION = Pattern.compile("\\b(?:class|interface|enum|record) ([A-Z]\\w*)");

    /** Simple names of types, and the files that declare them. */
    private static final Map<String, List<Path>> TYPES = new HashMap<>();

    private static final Set<String> PACKAGES = new TreeSet<>();
    private static final Map<Path, String> TEXTS = new TreeMap<>();

    @BeforeAll
    static void read() throws IOException {
        for (String root : List.of("src", "docs", "scripts", "asm-fixtures")) {
            try (Stream<Path> found = Files.walk(Path.of(root))) {
                for (Path file : found.filter(SignpostsTest::isText).toList()) {
                    TEXTS.put(file, Files.readString(file));
                }
            }
        }
        TEXTS.put(Path.of("README.md"), Files.readString(Path.of("README.md")));
        TEXTS.put(Path.of("pom.xml"), Files.readString(Path.of("pom.xml")));
        TEXTS.forEach((file, text) -> {
            if (isJava(file)) {
                PACKAGES.add(packageOf(file));
                DECLARATION.matcher(text).results().forEach(found -> TYPES.computeIfAbsent(
                                found.group(1), name -> new ArrayList<>())
                        .add(file));
            }
        });
    }

    @Test
    void every_file_named_is_there() {
        TreeSet<String> missing = new TreeSet<>();
        TEXTS.forEach((file, text) -> {
            // Messages of the program name files too; strings of tests make them up.
            String words = isJava(file) && file.startsWith("src/test") ? comments(text) : text;
            for (String path : matches(PATH, words, 0)) {
                if (!path.contains("//") && !exists(path)) {
                    missing.add(file + ": " + path);
                }
            }
        });

        assertThat(missing).isEmpty();
    }

    @Test
    void every_link_between_pages_arrives() throws IOException {
        TreeSet<String> broken = new TreeSet<>();
        for (Path page : pages()) {
            for (String target : matches(LINK, TEXTS.get(page), 1)) {
                if (target.matches("[a-z]+:.*")) {
                    continue;
                }
                String[] parts = target.split("#", 2);
                Path aim = parts[0].isEmpty()
                        ? page
                        : page.resolveSibling(parts[0]).normalize();
                boolean there = Files.exists(aim);
                if (!there
                        || parts.length == 2 && !anchors(Files.readString(aim)).contains(parts[1])) {
                    broken.add(page + ": " + target);
                }
            }
        }

        assertThat(broken).isEmpty();
    }

    @Test
    void every_package_named_is_there() {
        TreeSet<String> missing = new TreeSet<>();
        TEXTS.forEach((file, text) -> {
            for (MatchResult name : QUALIFIED.matcher(text).results().toList()) {
                String type = name.group(2).replace(".", "");
                boolean there = PACKAGES.contains(ROOT + name.group(1)) && (type.isEmpty() || TYPES.containsKey(type));
                if (!there
                        && !Files.isDirectory(
                                Path.of("src/main/resources", name.group().replace('.', '/')))) {
                    missing.add(file + ": " + name.group());
                }
            }
            if (file.endsWith("package-info.java")) {
                Matcher word =
                        Pattern.compile("\\{@code ([a-z]+(?:\\.[a-z]+)*)}").matcher(text);
                word.results()
                        .filter(found -> !PACKAGES.contains(ROOT + "." + found.group(1)))
                        .forEach(found -> missing.add(file + ": " + found.group(1)));
            }
        });

        assertThat(missing).isEmpty();
    }

    @Test
    void every_type_and_member_named_is_there() {
        TreeSet<String> missing = new TreeSet<>();
        TEXTS.forEach((file, text) -> {
            if (isJava(file)) {
                for (MatchResult link :
                        JAVADOC_LINK.matcher(comments(text)).results().toList()) {
                    if (!resolves(file, link.group(1), link.group(2))) {
                        missing.add(file + ": " + link.group().replaceAll("\\s+", " "));
                    }
                }
            }
            if (isJava(file) || isPage(file)) {
                String words = isJava(file) ? comments(text) : text;
                for (MatchResult quoted : QUOTED.matcher(words).results().toList()) {
                    String name = quoted.group(1) == null ? quoted.group(2) : quoted.group(1);
                    Matcher type = TYPE.matcher(name);
                    if (type.matches() && !NO_TYPES.contains(name) && !isDeclared(type)) {
                        missing.add(file + ": " + name);
                    }
                }
                matches(TEST, words, 0).stream()
                        .filter(name -> !TYPES.containsKey(name))
                        .forEach(name -> missing.add(file + ": " + name));
            }
        });

        assertThat(missing).isEmpty();
    }

    @Test
    void a_test_shown_as_an_example_is_the_test_itself() {
        String page = TEXTS.get(Path.of("docs/contributing.md"));
        Matcher example = Pattern.compile("from `(\\w+)`:\\n+```java\\n(.*?)```", Pattern.DOTALL)
                .matcher(page);

        assertThat(example.find()).isTrue();
        assertThat(TEXTS.get(TYPES.get(example.group(1)).get(0))).contains(example.group(2));
    }

    @Test
    void the_map_of_packages_is_drawn_as_they_are() {
        String page = TEXTS.get(Path.of("docs/architecture.md"));
        List<List<String>> floors = Arrays.stream(
                        matches(Pattern.compile("(?m)^    (bits < [^\\n]*(?:\\n +[^\\n]+)*)"), page, 1)
                                .get(0)
                                .split("<"))
                .map(floor ->
                        Arrays.stream(floor.split("[,|]")).map(String::strip).toList())
                .toList();
        Map<String, Integer> floorOf = new TreeMap<>();
        for (int floor = 0; floor < floors.size(); floor++) {
            for (String name : floors.get(floor)) {
                floorOf.put(name, floor);
            }
        }
        TreeSet<String> packages = new TreeSet<>();
        TreeSet<String> upward = new TreeSet<>();
        TEXTS.forEach((file, text) -> {
            if (isJava(file) && file.startsWith("src/main")) {
                String own = room(packageOf(file));
                packages.add(own);
                for (String imported :
                        matches(Pattern.compile("(?m)^import (?:static )?(" + ROOT + "\\.[a-z]+)"), text, 1)) {
                    String other = room(imported);
                    if (!other.equals(own) && floorOf.getOrDefault(other, 99) >= floorOf.getOrDefault(own, -1)) {
                        upward.add(own + " imports " + other);
                    }
                }
            }
        });

        assertThat(floorOf.keySet()).isEqualTo(packages);
        assertThat(upward).as("not to its left in docs/architecture.md").isEmpty();
        for (String name : packages) {
            Matcher row = Pattern.compile("(?m)^\\| `" + name + "` \\| .* \\| `(\\w+)` \\|$")
                    .matcher(page);
            assertThat(row.find()).as("a row for " + name).isTrue();
            assertThat(TYPES.get(row.group(1))).as(row.group(1)).anyMatch(file -> room(packageOf(file))
                    .equals(name));
        }
    }

    private static String room(String qualified) {
        return qualified.substring(ROOT.length() + 1).replaceFirst("\\..*", "");
    }

    /** Whether a name in Javadoc is one of ours, or of a library that its file can see. */
    private static boolean resolves(Path file, String type, String member) {
        if (type.isEmpty()) {
            return hasMember(List.of(file), member);
        }
        String[] names = type.split("\\.");
        String last = names[names.length - 1];
        if (TYPES.containsKey(last)) {
            return member == null || hasMember(TYPES.get(last), member);
        }
        return PACKAGES.contains(type)
                || TEXTS.get(file).contains("." + names[0] + ";")
                || Stream.of("", "java.lang.", "java.util.").anyMatch(prefix -> isClass(prefix + type));
    }

    private static boolean isDeclared(Matcher name) {
        String nested = name.group(3).replaceFirst(".*\\.", "");
        String type = nested.isEmpty() ? name.group(2) : nested;
        List<Path> files = TYPES.get(type);
        if (files == null) {
            return name.group(1).isEmpty()
                    ? isClass("java.lang." + name.group(2)) || isClass("java.util." + name.group(2))
                    : isClass(name.group());
        }
        String room = ROOT + "." + name.group(1).replaceFirst("\\.$", "");
        boolean inRoom = name.group(1).isEmpty()
                || files.stream().anyMatch(file -> packageOf(file).equals(room));
        return inRoom && (name.group(4) == null || hasMember(files, name.group(4)));
    }

    private static boolean hasMember(List<Path> files, String member) {
        Pattern word = Pattern.compile("\\b" + member + "\\b");
        return files.stream()
                .anyMatch(file -> word.matcher(COMMENT.matcher(TEXTS.get(file)).replaceAll(""))
                        .find());
    }

    private static boolean isClass(String name) {
        try {
            Class.forName(name);
            return true;
        } catch (ClassNotFoundException | LinkageError absent) {
            return false;
        }
    }

    private static boolean exists(String path) {
        if (!path.contains("*")) {
            return Files.exists(Path.of(path));
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + path);
        return TEXTS.keySet().stream().anyMatch(matcher::matches);
    }

    /** What the headings of a page are linked by. */
    private static Set<String> anchors(String page) {
        return matches(Pattern.compile("(?m)^#+ (.*)$"), page, 1).stream()
                .map(heading -> heading.toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                        .replace(' ', '-'))
                .collect(toCollection(TreeSet::new));
    }

    private static String comments(String java) {
        return COMMENT.matcher(java)
                .results()
                .map(comment -> comment.group().replaceAll("\\n\\s*\\*\\s?", "\n"))
                .collect(joining("\n"));
    }

    private static List<String> matches(Pattern pattern, String text, int group) {
        return pattern.matcher(text)
                .results()
                .map(result -> result.group(group))
                .toList();
    }

    private static List<Path> pages() {
        return TEXTS.keySet().stream().filter(SignpostsTest::isPage).toList();
    }

    private static boolean isPage(Path file) {
        return file.toString().endsWith(".md") && !file.startsWith("src"); // those in src are parts of a page
    }

    private static boolean isJava(Path file) {
        return file.toString().endsWith(".java");
    }

    private static boolean isText(Path file) {
        return Files.isRegularFile(file)
                && (file.toString().matches(".*\\.(java|md|S|inc|h|ld|c|cc|sh|txt|properties)")
                        || file.startsWith("scripts"));
    }

    private static String packageOf(Path file) {
        String folder = file.getParent().toString().replace(file.getFileSystem().getSeparator(), ".");
        return folder.replaceFirst("^src\\.(main|test)\\.java\\.", "");
    }
}
