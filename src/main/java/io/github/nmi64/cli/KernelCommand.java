package io.github.nmi64.cli;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.kernel.Alternative;
import io.github.nmi64.kernel.Btf;
import io.github.nmi64.kernel.KernelImage;
import io.github.nmi64.kernel.KernelSymbol;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nmi64 kernel}: what a kernel image holds, as far as its NMI entry is concerned. */
@Command(
        name = "kernel",
        description =
                "Show what a Linux kernel image holds: version, symbols, types, its NMI entry, and what booting would"
                        + " patch there.",
        mixinStandardHelpOptions = true,
        subcommands = KernelMutateCommand.class,
        commandListHeading = "%nCommands:%n",
        versionProvider = Nmi64.Version.class,
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {"  nmi64 kernel vmlinuz"})
final class KernelCommand implements Callable<Integer> {
    private static final String ENTRY = "asm_exc_nmi";
    /** Landmarks of the entry, in the order of the code. */
    private static final List<String> LANDMARKS =
            List.of("first_nmi", "repeat_nmi", "end_repeat_nmi", "nested_nmi", "nested_nmi_out", "nmi_restore");

    private final Console console;

    @Parameters(
            arity = "0..1",
            paramLabel = "IMAGE",
            description = "A bzImage (vmlinuz) or an uncompressed vmlinux for x86-64.")
    private @Nullable String file;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    KernelCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (file == null) {
            throw new ParameterException(spec.commandLine(), "missing required parameter: 'IMAGE'");
        }
        KernelImage kernel = KernelImage.load(Path.of(file));
        line("kernel", kernel.banner().orElse("does not say which"));
        line("payload", payload(kernel));
        line("memory", "%,d KiB".formatted(kernel.memorySize() >>> 10));
        line(
                "symbols",
                "%,d, kallsyms with the offsets %s the names"
                        .formatted(kernel.symbolCount(), kernel.hasOffsetsFirst() ? "before" : "after"));
        line("types", kernel.btf().map(KernelCommand::types).orElse("none (built without BTF)"));
        line("boot", "%,d alternatives".formatted(kernel.alternatives().size()));
        Optional<KernelSymbol> entry = kernel.find(ENTRY);
        if (entry.isEmpty()) {
            line("entry", "none: the kernel has no " + ENTRY);
            return ExitCode.OK.number();
        }
        long start = entry.get().address();
        long end = kernel.nextGlobal(start);
        line("entry", ENTRY + " from " + Hex.of(start) + " to " + Hex.of(end));
        Stream<Line> landmarks = LANDMARKS.stream()
                .map(kernel::find)
                .flatMap(Optional::stream)
                .filter(symbol -> symbol.address() - start >= 0 && symbol.address() - end < 0)
                .map(symbol -> new Line(symbol.address() - start, symbol.name()));
        Stream<Line> patches = kernel.alternatives().stream()
                .filter(alternative -> alternative.address() - start >= 0 && alternative.address() - end < 0)
                .map(alternative -> new Line(alternative.address() - start, patch(kernel, alternative)));
        Stream.concat(landmarks, patches)
                .sorted(Comparator.comparingLong(Line::offset))
                .forEach(line -> line("", "+%-6s %s".formatted(Hex.of(line.offset), line.text)));
        return ExitCode.OK.number();
    }

    private void line(String key, String value) {
        console.print("%-10s %s%n".formatted(key, value));
    }

    private static String payload(KernelImage kernel) {
        return kernel.payload()
                .map(payload -> "%s, unpacks to %,d bytes".formatted(payload.text(), kernel.size()))
                .orElse("none: an ELF file of %,d bytes".formatted(kernel.size()));
    }

    private static String types(Btf btf) {
        return "%,d, BTF".formatted(btf.count());
    }

    private static String patch(KernelImage kernel, Alternative alternative) {
        int feature = alternative.feature();
        String name =
                kernel.featureName(feature).orElseGet(() -> "feature %d*32+%d".formatted(feature / 32, feature % 32));
        String what = alternative.size() == 0 ? "NOPs" : "other instructions";
        return "%s of %d bytes %s %s"
                .formatted(what, alternative.length(), alternative.isInverted() ? "without" : "with", name);
    }

    /** One more thing to say about a place of the entry. */
    private record Line(long offset, String text) {}
}
