package io.github.nmi64.cli;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.bits.Printable;
import io.github.nmi64.image.InputFile;
import io.github.nmi64.kernel.Alternative;
import io.github.nmi64.kernel.BootPatches;
import io.github.nmi64.kernel.BootedText;
import io.github.nmi64.kernel.Btf;
import io.github.nmi64.kernel.CpuModel;
import io.github.nmi64.kernel.KernelImage;
import io.github.nmi64.kernel.KernelSymbol;
import io.github.nmi64.kernel.Patch;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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
        footer = {
            "  nmi64 kernel vmlinuz",
            "  nmi64 kernel vmlinuz --cpu pti+fsgsbase",
            "  nmi64 kernel vmlinuz --symbols | less"
        })
final class KernelCommand implements Callable<Integer> {
    private static final String ENTRY = "asm_exc_nmi";
    /** Landmarks of the entry, in the order of the code. */
    private static final List<String> LANDMARKS =
            List.of("first_nmi", "repeat_nmi", "end_repeat_nmi", "nested_nmi", "nested_nmi_out", "nmi_restore");

    private static final int LARGEST_MEMORY = 1 << 28;
    /** Listed of a text that is not what it should be. */
    private static final int MOST_DIFFERENCES = 20;

    private final Console console;

    @Parameters(
            arity = "0..1",
            paramLabel = "IMAGE",
            description = "A bzImage (vmlinuz) or an uncompressed vmlinux for x86-64.")
    private @Nullable String file;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @ArgGroup(exclusive = true)
    private Question question = new Question();

    /** What to tell instead of everything. */
    static final class Question {
        @Option(
                names = "--cpu",
                paramLabel = "MODEL",
                description =
                        "What booting makes of the NMI entry on this processor: @|bold generic|@ (nothing: the image as it is),"
                                + " or names of features of /proc/cpuinfo with + or - between them, such as @|bold pti+fsgsbase|@;"
                                + " @|bold plain|@ has none, @|bold ibrs|@ is what spectre_v2=ibrs needs.")
        private @Nullable String cpu;

        @Option(names = "--symbols", description = "List the symbols as nm does.")
        private boolean symbols;

        @Option(
                names = "--booted",
                paramLabel = "MEMORY",
                description =
                        "Compare the text with that of the booted kernel, whose memory from _text to _end is in this file.")
        private @Nullable String booted;
    }

    KernelCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (file == null) {
            throw new ParameterException(spec.commandLine(), "missing required parameter: 'IMAGE'");
        }
        KernelImage kernel = KernelImage.load(Path.of(file));
        if (question.symbols) {
            kernel.symbols()
                    .values()
                    .forEach(symbol ->
                            console.print("%016x %c %s%n".formatted(symbol.address(), symbol.type(), symbol.name())));
            return ExitCode.OK.number();
        }
        if (question.booted != null) {
            return compare(new BootedText(kernel, memory(question.booted)));
        }
        line("kernel", kernel.banner().orElse("does not say which"));
        line("payload", payload(kernel));
        line("memory", "%,d KiB".formatted(kernel.memorySize() >>> 10));
        line(
                "symbols",
                "%,d, kallsyms with the offsets %s the names"
                        .formatted(kernel.symbolCount(), kernel.hasOffsetsFirst() ? "before" : "after"));
        line("types", kernel.btf().map(KernelCommand::types).orElse("none (built without BTF)"));
        entry(kernel, question.cpu == null ? alternatives(kernel) : patches(kernel, question.cpu));
        return ExitCode.OK.number();
    }

    /** The places that booting may patch. */
    private Stream<Line> alternatives(KernelImage kernel) {
        line("boot", "%,d alternatives".formatted(kernel.alternatives().size()));
        return kernel.alternatives().stream()
                .map(alternative -> new Line(alternative.address(), patch(kernel, alternative)));
    }

    /** Those that it does patch. */
    private Stream<Line> patches(KernelImage kernel, String model) {
        try {
            List<Patch> patches = BootPatches.of(kernel, CpuModel.parse(model, kernel));
            line("boot", "%,d patches for the processor '%s'".formatted(patches.size(), model));
            return patches.stream().map(patch -> {
                byte[] bytes = patch.bytes();
                return new Line(patch.address(), "%-24s %s".formatted(Hex.bytes(bytes, 0, bytes.length), patch.why()));
            });
        } catch (IllegalArgumentException e) {
            throw new BadInput(String.valueOf(e.getMessage()));
        }
    }

    private void entry(KernelImage kernel, Stream<Line> places) {
        Optional<KernelSymbol> entry = kernel.find(ENTRY);
        if (entry.isEmpty()) {
            line("entry", "none: the kernel has no " + ENTRY);
            return;
        }
        long start = entry.get().address();
        long end = kernel.nextGlobal(start);
        line("entry", ENTRY + " from " + Hex.of(start) + " to " + Hex.of(end));
        Stream<Line> landmarks = LANDMARKS.stream()
                .map(kernel::find)
                .flatMap(Optional::stream)
                .map(symbol -> new Line(symbol.address(), symbol.name()));
        Stream.concat(landmarks, places)
                .filter(line -> line.address - start >= 0 && line.address - end < 0)
                .sorted(Comparator.comparingLong(Line::address))
                .forEach(line -> line("", "+%-6s %s".formatted(Hex.of(line.address - start), line.text)));
    }

    private static byte[] memory(String name) {
        try {
            return InputFile.read(InputFile.path(name), LARGEST_MEMORY);
        } catch (InputFile.UnusableException e) {
            throw new BadInput("--booted: '" + Printable.of(name) + "' " + e.getMessage());
        }
    }

    private int compare(BootedText text) {
        line("cpu", String.join(" ", text.features()));
        line("text", "%,d bytes".formatted(text.size()));
        text.kinds().forEach((kind, places) -> line("places", "%,9d  %s".formatted(places, kind)));
        line("differ", "%,9d".formatted(text.unexplained().size()));
        text.unexplained().stream().limit(MOST_DIFFERENCES).forEach(place -> line("", place));
        return text.unexplained().isEmpty() ? ExitCode.OK.number() : ExitCode.VIOLATED.number();
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
        String name = kernel.featureName(feature);
        String what = alternative.size() == 0 ? "NOPs" : "other instructions";
        return "%s of %d bytes %s %s"
                .formatted(what, alternative.length(), alternative.isInverted() ? "without" : "with", name);
    }

    /** One more thing to say about a place of the entry. */
    private record Line(long address, String text) {}
}
