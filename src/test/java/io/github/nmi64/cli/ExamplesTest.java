package io.github.nmi64.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.dump.MiniatureCore;
import io.github.nmi64.kernel.Payload;
import io.github.nmi64.kernel.RunnableKernel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/**
 * Every command that a help text, the README or a document shows is run, in order, in a directory that has the files it
 * speaks of, and ends with 0 unless it is said here why not. Console blocks are compared by {@link FormatsDocumentTest}.
 */
@Execution(ExecutionMode.CONCURRENT)
class ExamplesTest {
    private static final String IMAGES = "src/main/resources/io/github/nmi64/fixtures/";
    private static final int PATIENCE_SECONDS = 1_800;
    private static final Pattern COMMAND =
            Pattern.compile("^ {4}((?:scripts/nmi64|nmi64|as|ld|gcc|printf|cd|source|mvn|scripts/bochs/\\S+) .*)$");

    /** Shown because something breaks, or the beginning of something larger. */
    private static final Map<String, Integer> OTHER_CODES = Map.of(
            "nmi64 check rfc/nested-handler", 1, // the defect of the RFC; the fixture names no verdict
            "scripts/nmi64 run rfc/plain --nmi at=victim_start --nmi at=do_nmi+0x7", 0);

    /** Beginnings of commands that are not run here, and who runs them. */
    private static final Map<String, String> LEFT_OUT = Map.of(
            "mvn ", "it would run this test",
            "nmi64 catalogue --markdown", "CatalogueDocumentTest compares the document",
            "scripts/nmi64 catalogue", "minutes; CatalogueDocumentTest checks every fixture of it",
            "scripts/bochs/", "needs a Bochs");

    /** Too long for every build, as they stand. */
    private static final List<String> LONG =
            List.of("nmi64 kernel mutate vmlinuz", "nmi64 check --kernel vmlinuz --all --cpu pti");

    @TempDir
    private Path directory;

    /** Where commands stand, and the commands. */
    record Source(String name, List<String> commands) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Source> sources() throws IOException {
        List<Source> sources = new ArrayList<>();
        Console console = Console.of(new StringWriter(), new PrintWriter(new StringWriter()), Map.of());
        collect(Main.commandLine(new Nmi64(console), console), sources);
        List<Path> documents = new ArrayList<>(List.of(Path.of("README.md"), Path.of("asm-fixtures", "README.md")));
        try (Stream<Path> files = Files.list(Path.of("docs"))) {
            files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
        }
        for (Path document : documents) {
            List<String> commands = Files.readAllLines(document).stream()
                    .map(COMMAND::matcher)
                    .filter(Matcher::matches)
                    .map(matcher -> matcher.group(1))
                    .toList();
            if (!commands.isEmpty()) {
                sources.add(new Source(document.toString(), commands));
            }
        }
        return sources.stream();
    }

    private static void collect(CommandLine command, List<Source> sources) {
        List<String> commands = Stream.of(
                        command.getCommandSpec().usageMessage().footer())
                .map(String::strip)
                .filter(line -> !line.startsWith("nmi64 COMMAND"))
                .toList();
        sources.add(new Source(command.getCommandSpec().qualifiedName() + " --help", commands));
        command.getSubcommands().values().forEach(child -> collect(child, sources));
    }

    @Test
    void every_command_has_examples() throws IOException {
        assertThat(sources()).allMatch(source -> !source.commands().isEmpty());
        assertThat(sources().map(Source::name)).contains("nmi64 --help", "nmi64 fixtures run --help", "README.md");
        assertThat(sources().flatMap(source -> source.commands().stream())).hasSizeGreaterThan(40);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sources")
    void every_example_does_what_it_says(Source source) throws IOException, InterruptedException {
        prepare(source);
        StringBuilder script = new StringBuilder();
        for (String command : source.commands()) {
            if (LEFT_OUT.keySet().stream().noneMatch(command::startsWith) && !LONG.contains(command)) {
                int code = OTHER_CODES.getOrDefault(command, 0);
                script.append(command).append("\ncode=$?\n[ $code = ").append(code);
                script.append(" ] || { echo \"exit code $code, not ")
                        .append(code)
                        .append(", of: ");
                script.append(
                        command.replace("\\", "\\\\").replace("\"", "\\\"").replace("$", "\\$"));
                script.append("\" >&2; exit 99; }\n");
            }
        }
        boolean needsCompiler = source.commands().stream().anyMatch(line -> line.contains("entry.elf"));
        boolean needsAssembler = source.commands().stream().anyMatch(line -> line.matches(".*(my-entry\\.S|^as ).*"));
        assumeTrue(!needsCompiler || isInstalled("gcc"), "gcc is not on the PATH");
        assumeTrue(!needsAssembler || isInstalled("as"), "GNU as is not on the PATH");
        if (needsCompiler) {
            run(gcc());
        }
        assertThat(run(script.toString())).as(source + ": " + messages()).isZero();
    }

    /** One to run or, where the examples check it, one that does not count NMIs and names no verdict of its own. */
    private static String fixture(Source source) throws IOException {
        boolean checks = source.commands().stream().anyMatch(line -> line.contains("check fixture.S"));
        Path file = checks ? Path.of("catalogue", "v37-plain-kernel.S") : Path.of("v33", "plain.S");
        return Files.readString(Path.of("asm-fixtures").resolve(file))
                .replaceAll("(?m)^ *directive \"verdict .*\\R", "");
    }

    /** The files the examples speak of. */
    private void prepare(Source source) throws IOException {
        // First: a process that another test starts at this moment may hold a script open, which then cannot be run.
        Path scripts = Files.createDirectory(directory.resolve("scripts"));
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        executable(
                scripts.resolve("nmi64"),
                "exec '" + java + "' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '"
                        + System.getProperty("java.class.path") + "' " + Main.class.getName() + " \"$@\"");
        executable(scripts.resolve("less"), "exec cat");
        executable(scripts.resolve("man"), "exec cat");
        copy(Path.of("asm-fixtures"), directory.resolve("asm-fixtures"));
        Files.createSymbolicLink(directory.resolve("include"), Path.of("asm-fixtures", "include"));
        Files.createSymbolicLink(directory.resolve("link.ld"), Path.of("asm-fixtures", "link.ld"));
        Files.writeString(directory.resolve("fixture.S"), fixture(source));
        for (String image : List.of("fixture.elf", "vmtest.elf")) {
            Files.copy(Path.of(IMAGES, "v33/plain.elf"), directory.resolve(image));
        }
        Path own = Files.createDirectory(directory.resolve("my-fixtures"));
        for (String image : List.of("v37-plain-kernel.elf", "b04-user-rsp-t.elf")) {
            Files.copy(Path.of(IMAGES, "catalogue", image), own.resolve(image));
        }
        String document = Files.readString(Path.of("docs", "fixtures.md"));
        Files.write(directory.resolve("vmcore"), new MiniatureCore().bytes());
        Files.write(directory.resolve("vmlinuz"), RunnableKernel.kernel().bzImage(Payload.GZIP));
        Files.writeString(directory.resolve("my-entry.S"), block(document, "asm"));
        Files.writeString(directory.resolve("entry.c"), block(document, "c"));
        Files.createDirectories(directory.resolve(".local/share/bash-completion/completions"));
        Files.createDirectories(directory.resolve(".local/share/man/man1"));
    }

    private static String block(String document, String language) {
        Matcher matcher =
                Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL).matcher(document);
        assertThat(matcher.find()).as(language).isTrue();
        return matcher.group(1);
    }

    private static String gcc() throws IOException {
        return Files.readAllLines(Path.of("docs", "fixtures.md")).stream()
                .map(String::strip)
                .filter(line -> line.startsWith("gcc "))
                .findFirst()
                .orElseThrow();
    }

    private static void executable(Path file, String command) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + command + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes) throws IOException {
                Files.createDirectories(to.resolve(from.relativize(visited)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file)));
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static boolean isInstalled(String tool) {
        return Stream.of(System.getenv("PATH").split(":")).anyMatch(place -> Files.isExecutable(Path.of(place, tool)));
    }

    private int run(String script) throws IOException, InterruptedException {
        var builder = new ProcessBuilder("bash", "-c", script)
                .directory(directory.toFile())
                .redirectOutput(directory.resolve("out.txt").toFile())
                .redirectError(directory.resolve("err.txt").toFile());
        Map<String, String> environment = new LinkedHashMap<>(System.getenv());
        environment.remove("JAVA_TOOL_OPTIONS");
        environment.put("PATH", directory.resolve("scripts") + ":" + System.getenv("PATH"));
        environment.put("HOME", directory.toString());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .as("ends: " + script)
                .isTrue();
        return process.exitValue();
    }

    private String messages() throws IOException {
        return Files.readString(directory.resolve("err.txt"));
    }
}
