package io.github.nmi64.explore;

import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.AssemblerMissingException;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.ElfImage;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.timing.CostModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A program and an NMI handler of a few instructions, assembled, and what an exploration of them comes to. */
final class SmallGuest {
    /** A directive: the word called flag is not the program's. */
    static final String FLAG_IS_THE_HANDLERS = "handler-data flag flag+8";

    private static final String HANDLER = "\nhandler do_nmi do_nmi_end";

    private static final int MOST_EVENTS = 10;

    private SmallGuest() {}

    /**
     * @param directives lines of directives
     * @param program from the first boundary of the window on
     * @param handler the NMI handler before its IRETQ
     */
    static Fixture of(Path directory, String directives, String program, String handler) throws IOException {
        return assembled(directory, directives + HANDLER + "\narrivals window window_end", program, handler);
    }

    /** One whose window begins elsewhere. */
    static Fixture window(Path directory, String start, String program, String handler) throws IOException {
        return assembled(directory, HANDLER + "\narrivals " + start + " window_end", program, handler);
    }

    /** One that does not say where its handler is. */
    static Fixture withoutHandler(Path directory, String program, String handler) throws IOException {
        return assembled(directory, "arrivals window window_end", program, handler);
    }

    private static Fixture assembled(Path directory, String directives, String program, String handler)
            throws IOException {
        StringBuilder source = new StringBuilder("        .include \"machine.inc\"\n");
        directives.strip().lines().forEach(line -> source.append("        directive \"" + line + "\"\n"));
        source.append("""
                        gate 2, do_nmi, ist=IST_NMI
                        .data
                flag:   .quad 0
                        .text
                fixture_main:
                window:
                %s
                window_end:
                        exit 0
                do_nmi:
                %s
                do_nmi_end:
                        nop
                        iretq
                """.formatted(program, handler));
        Path file = Files.writeString(directory.resolve("small.S"), source);
        try {
            return Fixture.of(ElfImage.read("small", new Assembler(System.getenv()).assemble(file)));
        } catch (AssemblerMissingException e) {
            Assumptions.abort("needs GNU as and ld: " + e.getMessage());
            throw e;
        }
    }

    static CheckResult check(Fixture fixture) {
        return check(fixture, InjectedEvent.NMI);
    }

    static CheckResult check(Fixture fixture, InjectedEvent kind) {
        int bound = (int) fixture.directives().check().maxEvents().orElse(MOST_EVENTS);
        CheckOptions options = new CheckOptions(List.of(kind), bound, 1, 1 << 28, 0, 1, CostModel.UNIT);
        return new Explorer(fixture, options, new CheckProgress()).run();
    }
}
