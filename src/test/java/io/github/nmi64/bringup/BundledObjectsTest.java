package io.github.nmi64.bringup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.image.ElfImage;
import io.github.nmi64.image.ObjectFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The objects that are loaded beside a kernel, their sources, and what the assembler's own tools make of them. */
class BundledObjectsTest {
    private static final Path SOURCES = Path.of("asm-fixtures", "bringup");
    private static final Path OBJECTS = Path.of("src/main/resources/io/github/nmi64/bringup");

    @TempDir
    private Path directory;

    static Stream<String> names() throws IOException {
        List<String> names = new ArrayList<>();
        try (Stream<Path> files = Files.list(SOURCES)) {
            files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".S"))
                    .map(file -> file.substring(0, file.length() - 2))
                    .sorted()
                    .forEach(names::add);
        }
        return names.stream();
    }

    @Test
    void there_is_one_for_every_victim_and_handler() throws IOException {
        List<String> wanted = new ArrayList<>(List.of("setup"));
        Handler.BUNDLED.forEach(handler -> wanted.add("handler-" + handler));
        Victim.keywords().forEach(victim -> wanted.add("victim-" + victim));

        assertThat(names()).containsExactlyInAnyOrderElementsOf(wanted);
        assertThat(wanted)
                .allSatisfy(name -> assertThat(BundledObjects.read(name).name()).isEqualTo(name));
    }

    @ParameterizedTest
    @MethodSource("names")
    void a_bundled_object_is_what_its_source_assembles_to(String name) throws Exception {
        Path assembled = directory.resolve("assembled.o");
        run(
                "as",
                "--64",
                "--fatal-warnings",
                "-I",
                SOURCES.toString(),
                "-o",
                assembled.toString(),
                SOURCES.resolve(name + ".S").toString());

        assertThat(described(ObjectFile.read(name, Files.readAllBytes(assembled))))
                .as("run asm-fixtures/build.sh if a source has changed")
                .isEqualTo(described(BundledObjects.read(name)));
    }

    private static String described(ObjectFile object) {
        return object.sections() + "\n" + contents(object) + "\n" + object.symbols() + "\n" + object.relocations()
                + "\n" + object.directiveText();
    }

    private static List<String> contents(ObjectFile object) {
        return object.sections().values().stream()
                .map(section -> {
                    byte[] bytes = new byte[section.data().capacity()];
                    section.data().get(0, bytes);
                    return HexFormat.of().formatHex(bytes);
                })
                .toList();
    }

    /** {@code readelf} sees the same symbols and places to fill in. */
    @ParameterizedTest
    @MethodSource("names")
    void readelf_reads_the_same(String name) throws Exception {
        String told = run("readelf", "-rsW", OBJECTS.resolve(name + ".o").toString());
        ObjectFile object = BundledObjects.read(name);

        List<String> symbols = told.lines()
                .map(line -> line.strip().split(" +"))
                .filter(words -> words.length > 6 && words[0].matches("[0-9]+:"))
                .filter(words -> !words[3].equals("SECTION"))
                .map(words -> words[1].replaceFirst("^0+(?=.)", "") + " " + words[4] + " " + words[6] + " "
                        + (words.length > 7 ? words[7] : ""))
                .toList();
        List<String> relocations = told.lines()
                .map(line -> line.strip().split(" +"))
                .filter(words -> words.length > 4 && words[0].matches("[0-9a-f]{16}") && words[2].startsWith("R_X86"))
                .map(words -> words[0].replaceFirst("^0+(?=.)", "") + " " + words[1].replaceFirst("^0+(?=.)", ""))
                .toList();

        assertThat(object.symbols().stream()
                        .filter(symbol -> symbols.isEmpty() || !isOfSection(symbol))
                        .map(symbol -> Long.toHexString(symbol.value()) + " "
                                + (symbol.isWeak() ? "WEAK" : symbol.isGlobal() ? "GLOBAL" : "LOCAL") + " "
                                + section(symbol.section()) + " " + symbol.name()))
                .containsExactlyElementsOf(symbols);
        assertThat(object.relocations().stream()
                        .map(entry -> Long.toHexString(entry.offset()) + " "
                                + Long.toHexString((long) entry.symbol() << 32 | entry.type())))
                .containsExactlyElementsOf(relocations);
    }

    private static boolean isOfSection(ObjectFile.ObjectSymbol symbol) {
        return symbol.name().isEmpty() && symbol.section() != 0;
    }

    private static String section(int number) {
        return number == 0 ? "UND" : number == 0xfff1 ? "ABS" : Integer.toString(number);
    }

    /**
     * {@code ld} fills in the same bytes, given the same addresses: of the code of each object, linked alone, with a made-up
     * address for each name it lacks.
     */
    @ParameterizedTest
    @MethodSource("names")
    void ld_fills_in_the_same(String name) throws Exception {
        ObjectFile object = BundledObjects.read(name);
        List<String> unknown = object.symbols().stream()
                .filter(symbol -> !symbol.isDefined() && !symbol.name().isEmpty())
                .map(ObjectFile.ObjectSymbol::name)
                .toList();
        ObjectLoader loader = new ObjectLoader(
                List.of(object),
                wanted -> unknown.contains(wanted)
                        ? java.util.OptionalLong.of(0x100 + 16L * unknown.indexOf(wanted))
                        : java.util.OptionalLong.empty());
        long data = loader.segments().size() > 1 && loader.segments().get(1).address() != ObjectLoader.USER
                ? loader.segments().get(1).address()
                : 0xffff_ffff_a010_0000L;
        StringBuilder script = new StringBuilder("SECTIONS { .text 0x%x : { *(.text) } .data 0x%x : { *(.data) }\n"
                .formatted(ObjectLoader.MODULES, data));
        script.append(".user 0x%x : { *(.user) } }\n".formatted(ObjectLoader.USER));
        for (int i = 0; i < unknown.size(); i++) {
            script.append("\"%s\" = 0x%x;\n".formatted(unknown.get(i), 0x100 + 16 * i));
        }
        Path linked = directory.resolve("linked.elf");
        Files.writeString(directory.resolve("link.ld"), script);
        run(
                "ld",
                "-n",
                "--build-id=none",
                "-e",
                "0",
                "-T",
                directory.resolve("link.ld").toString(),
                "-o",
                linked.toString(),
                OBJECTS.resolve(name + ".o").toString());

        for (int i = 0; i < loader.segments().size(); i++) {
            long address = loader.segments().get(i).address();
            String section = address == ObjectLoader.MODULES ? ".text" : address == data ? ".data" : ".user";
            Path content = directory.resolve("content" + i);
            run("objcopy", "-O", "binary", "-j", section, linked.toString(), content.toString());
            byte[] ours = new byte[loader.segments().get(i).data().capacity()];
            loader.segments().get(i).data().get(0, ours);
            assertThat(HexFormat.of().formatHex(ours))
                    .as(section)
                    .isEqualTo(HexFormat.of().formatHex(Files.readAllBytes(content)));
        }
    }

    /** Not bundled, but held to its source in the same way. */
    @Test
    void the_kernel_of_the_tests_is_what_its_source_links_to() throws Exception {
        Path source = Path.of("src/test/resources/io/github/nmi64/kernel");
        Path object = directory.resolve("miniature.o");
        Path linked = directory.resolve("miniature.elf");
        run("as", "--64", "--fatal-warnings", "-o", object.toString(), source + "/miniature.S");
        run("ld", "-n", "--build-id=none", "-T", source + "/miniature.ld", "-o", linked.toString(), object.toString());

        ElfImage now = ElfImage.load(linked);
        ElfImage kept = ElfImage.load(source.resolve("miniature.elf"));
        assertThat(now.segments())
                .as("the commands are in miniature.S")
                .usingRecursiveFieldByFieldElementComparator()
                .isEqualTo(kept.segments());
        assertThat(now.symbols().names())
                .containsExactlyInAnyOrderElementsOf(kept.symbols().names());
        assertThat(now.symbols().names())
                .allMatch(name -> now.symbols().find(name).equals(kept.symbols().find(name)));
    }

    private String run(String... command) throws IOException, InterruptedException {
        boolean isThere = Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(place -> Files.isExecutable(Path.of(place, command[0])));
        assumeTrue(isThere, command[0] + " is not on the PATH (apt install binutils)");
        Path out = directory.resolve("out.txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(out)).isZero();
        return Files.readString(out);
    }
}
