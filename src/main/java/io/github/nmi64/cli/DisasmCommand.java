package io.github.nmi64.cli;

import io.github.nmi64.bits.Printable;
import io.github.nmi64.bits.Suggestion;
import io.github.nmi64.core.Rules;
import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.image.CodeRange;
import io.github.nmi64.image.ElfImage;
import io.github.nmi64.image.LoadSegment;
import io.github.nmi64.image.Symbol;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.kernel.BootPatches;
import io.github.nmi64.kernel.KernelImage;
import io.github.nmi64.kernel.KernelSymbol;
import io.github.nmi64.kernel.Patch;
import io.github.nmi64.report.Listing;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nmi64 disasm}: an image's code as the processor reads it. */
@Command(
        name = "disasm",
        description =
                "Disassemble the executable sections of an image in AT&T syntax, with symbols, as objdump -d does; with"
                        + " --from a function, also of a Linux kernel image.",
        mixinStandardHelpOptions = true,
        versionProvider = Nmi64.Version.class,
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nmi64 disasm rfc/plain",
            "  nmi64 disasm fixture.elf | less",
            "  nmi64 disasm vmlinuz --from asm_exc_nmi --cpu pti+fsgsbase"
        })
final class DisasmCommand implements Callable<Integer> {
    private static final int LONGEST_FUNCTION = 1 << 20;

    private final Console console;

    @Parameters(
            paramLabel = "FILE",
            completionCandidates = BundledNames.class,
            description =
                    "An ELF file, a .S file, or the name of a bundled fixture; with --from a kernel's bzImage or vmlinux.")
    private String file = "";

    @ArgGroup(exclusive = false)
    private @Nullable KernelCode kernelCode;

    /** A function of a kernel. */
    static final class KernelCode {
        @Option(
                names = "--from",
                required = true,
                paramLabel = "SYMBOL",
                description = "FILE is a Linux kernel: from this symbol to the next global one.")
        private String symbol = "";

        @Option(
                names = "--cpu",
                paramLabel = "MODEL",
                description = "With --from: as the boot of this processor has patched it; see 'nmi64 kernel --help'."
                        + " Default: generic.")
        private @Nullable String cpu;
    }

    DisasmCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (kernelCode != null) {
            list(KernelImage.load(Path.of(file)), kernelCode);
            return ExitCode.OK.number();
        }
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

    private void list(KernelImage kernel, KernelCode wanted) {
        List<Patch> patches = BootPatches.of(kernel, KernelArguments.model(wanted.cpu, kernel));
        KernelSymbol first = kernel.find(wanted.symbol)
                .orElseThrow(() -> new BadInput("--from: unknown symbol '" + Printable.of(wanted.symbol) + "'"
                        + Suggestion.near(wanted.symbol, kernel.symbols().keySet()) + " in " + kernel.name()));
        long length = kernel.nextGlobal(first.address()) - first.address();
        if (!first.isCode() || length <= 0 || length > LONGEST_FUNCTION) {
            throw new BadInput("--from: '" + wanted.symbol + "' is no function of " + kernel.name());
        }
        byte[] code = new byte[(int) length];
        kernel.at(first.address(), code.length).get(code);
        for (Patch patch : patches) {
            patch.applyTo(code, first.address());
        }
        List<Symbol> symbols = kernel.symbols().values().stream()
                .map(symbol ->
                        new Symbol(symbol.name(), symbol.address(), 0, true, symbol.isCode(), symbol.isAbsolute()))
                .toList();
        List<LoadSegment> segments = kernel.segments().stream()
                .map(segment -> LoadSegment.of(segment.address(), new byte[0], segment.memorySize(), segment.flags()))
                .toList();
        console.print("\n" + kernel.name() + ":     file format elf64-x86-64\n\n");
        new Listing(new SymbolTable(symbols, segments), console::print, Vendor.INTEL).of(first.address(), code);
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
