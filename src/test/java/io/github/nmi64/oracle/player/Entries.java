package io.github.nmi64.oracle.player;

import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.AssemblerMissingException;
import io.github.nmi64.fixture.Directives;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.image.ElfImage;
import io.github.nmi64.schedule.InjectedEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** Fixtures to play on: bundled ones, and sources that are assembled at once. */
final class Entries {
    private static final Fixtures BUNDLED = new Fixtures(new Assembler(Map.of()));
    private static final Assembler ASSEMBLER = new Assembler(System.getenv());

    private Entries() {}

    static Fixture bundled(String name) {
        return BUNDLED.resolve(name);
    }

    /**
     * A bundled fixture of the families that were written for {@code run}: they count, and say nothing of their stacks. Here
     * the counters and all exception stacks are declared.
     */
    static Fixture scenario(String name) {
        ElfImage image = bundled(name).image();
        String declared = image.directiveText() + """

                statistics nmi_runs fault_runs+8
                stack debug_stack debug_stack_top
                stack machine_check_stack machine_check_stack_top
                stack exception_stack exception_stack_top
                """;
        return new Fixture(
                name, image, Directives.parse(name, declared, image.symbols()), "", java.util.Optional.empty());
    }

    static List<String> bundledNames() {
        return BUNDLED.bundled().stream().map(Fixtures.Title::name).toList();
    }

    /** What a source assembles to; the test is skipped where there is no assembler. */
    static byte[] assemble(Path directory, String source) throws IOException {
        Path file = Files.writeString(directory.resolve("entry.S"), source);
        try {
            return ASSEMBLER.assemble(file);
        } catch (AssemblerMissingException e) {
            Assumptions.abort("needs GNU as and ld: " + e.getMessage());
            throw e;
        }
    }

    static Fixture assembled(Path directory, String source) throws IOException {
        return Fixture.of(ElfImage.read("entry", assemble(directory, source)));
    }

    /** The kinds of event a fixture asks for, NMIs if it does not say. */
    static List<InjectedEvent> kinds(Fixture fixture) {
        List<InjectedEvent> kinds = fixture.directives().check().events();
        return kinds.isEmpty() ? List.of(InjectedEvent.NMI) : kinds;
    }
}
