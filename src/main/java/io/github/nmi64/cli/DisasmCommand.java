package io.github.nmi64.cli;

import io.github.nmi64.core.Rules;
import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.image.CodeRange;
import io.github.nmi64.image.ElfImage;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.report.Listing;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code nmi64 disasm}: an image's code as the processor reads it. */
@Command(
        name = "disasm",
        description =
                "Disassemble the executable sections of an image in AT&T syntax, with symbols, as objdump -d does.",
        mixinStandardHelpOptions = true,
        versionProvider = Nmi64.Version.class,
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {"  nmi64 disasm rfc/plain", "  nmi64 disasm fixture.elf | less"})
final class DisasmCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            paramLabel = "FILE",
            completionCandidates = BundledNames.class,
            description = "An ELF file, a .S file, or the name of a bundled fixture.")
    private String file = "";

    DisasmCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Fixture fixture = new Fixtures(new Assembler(console.environment())).resolve(file);
        ElfImage image = fixture.image();
        Vendor vendor = vendor(fixture);
        console.print("\n" + image.name() + ":     file format elf64-x86-64\n\n");
        for (CodeRange range : image.codeRanges()) {
            console.print("\nDisassembly of " + section(range) + ":\n");
            new Listing(image.symbols(), console::print, vendor).of(range);
        }
        return ExitCode.OK.number();
    }

    /** Whose rules the fixture runs under: they decode some prefixes differently. */
    private static Vendor vendor(Fixture fixture) {
        try {
            return Rules.INTEL.with(fixture.directives().rules()).vendor();
        } catch (IllegalArgumentException e) {
            throw new BadInput(fixture.name() + ": " + e.getMessage());
        }
    }

    private static String section(CodeRange range) {
        return range.name().startsWith("segment ") ? range.name() : "section " + range.name();
    }
}
