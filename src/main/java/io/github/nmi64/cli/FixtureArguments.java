package io.github.nmi64.cli;

import io.github.nmi64.bits.Printable;
import io.github.nmi64.bringup.Handler;
import io.github.nmi64.bringup.Victim;
import io.github.nmi64.fixture.DirectiveText;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.image.InputFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is said about an image that does not say it itself. Filled in by picocli. */
final class FixtureArguments {
    private static final String SEPARATOR = "..";
    private static final int LARGEST_DIRECTIVES = 1 << 20;

    @Mixin
    private final KernelArguments kernel = new KernelArguments();

    @Mixin
    private final CoreArguments core = new CoreArguments();

    @Option(
            names = "--directives",
            paramLabel = "FILE",
            description = "Read directives for the image from FILE, one per line; they override those in the image. "
                    + "Default: NAME.nmi64 next to an ELF file NAME.elf, if there is one.")
    private @Nullable String directives;

    @Option(
            names = {"--window", "--arrivals"},
            paramLabel = "A..B",
            description = "Directive 'window': events may arrive from the first boundary at A until the program "
                    + "reaches B. A and B are SYMBOL[+OFF] or 0xADDRESS, here and below. '--arrivals' "
                    + "is an old name.")
    private @Nullable String window;

    @Option(
            names = "--handler",
            paramLabel = "A..B|KIND",
            description = "Directive 'handler': the body of the NMI handler. With --kernel: what the kernel's list of "
                    + "handlers holds: quiet, int3 (two breakpoints), poke (text being patched), page-fault, or an "
                    + "object file FILE.o that defines nmi_handler. Default: int3.")
    private @Nullable String handler;

    @Option(
            names = "--ist-stack",
            paramLabel = "LOW..TOP",
            description = "Directive 'ist-stack': the IST stack of NMIs, its lowest byte and its top.")
    private @Nullable String istStack;

    @Option(
            names = "--user",
            paramLabel = "A..B",
            description = "Directive 'user': memory that CPL 3 may access. Repeatable.")
    private List<String> user = List.of();

    /**
     * The fixture of a FIXTURE argument, a kernel or a dump, with all that was said here.
     *
     * @throws BadInput unless there is just one of them
     */
    Fixture resolve(Fixtures fixtures, @Nullable String argument) {
        if (argument != null && kernel.isGiven()) {
            throw new BadInput("give FIXTURE '" + Printable.of(argument) + "' or --kernel, not both");
        }
        if (core.isGiven()) {
            if (argument != null || kernel.isGiven()) {
                throw new BadInput("give --core alone, not with " + (argument == null ? "--kernel" : "a FIXTURE"));
            }
            kernel.checkNoImage();
            return core.fixture(kernel.defects(), texts());
        }
        core.checkUnused();
        if (kernel.isGiven()) {
            return kernel.fixture(kernel.victim(), handler, texts());
        }
        kernel.checkUnused();
        if (argument == null) {
            throw new BadInput("give a FIXTURE, --kernel IMAGE or --core FILE; see --help");
        }
        return fixtures.resolve(argument, texts());
    }

    /** The options that stand for a kernel. */
    KernelArguments kernel() {
        return kernel;
    }

    /** The options that stand for a dump. */
    CoreArguments core() {
        return core;
    }

    /** The kernel with a victim and a handler of the caller's choice. */
    Fixture kernelFixture(Victim victim, String chosen) {
        return kernel.fixture(victim, chosen, texts());
    }

    /** The handlers of a kernel that are to be tried: the one that was named, or all that come with the program. */
    List<String> handlers() {
        return handler == null ? Handler.BUNDLED : List.of(handler);
    }

    /** True if something was said that is about one image. */
    boolean isGiven() {
        return !texts().isEmpty();
    }

    /** Files that are read. */
    List<Path> inputs() {
        List<Path> files = new ArrayList<>(kernel.inputs(handler));
        files.addAll(core.inputs());
        try {
            if (directives != null) {
                files.add(InputFile.path(directives));
            }
        } catch (InputFile.UnusableException e) {
            // whoever reads it says so
        }
        return files;
    }

    /** The words of these options, to give them again. */
    List<String> words() {
        return words(kernel.isGiven() ? kernel.victim() : Victim.KERNEL, handler);
    }

    /** The words for a victim and a handler of the caller's choice, if it is a kernel. */
    List<String> words(Victim victim, @Nullable String chosen) {
        List<String> words = new ArrayList<>(kernel.words(victim, chosen));
        words.addAll(core.words());
        if (core.isGiven()) {
            words.addAll(kernel.pokeWords());
        }
        add(words, "--directives", directives);
        add(words, "--window", window);
        add(words, "--handler", kernel.isGiven() ? null : handler);
        add(words, "--ist-stack", istStack);
        user.forEach(region -> add(words, "--user", region));
        return words;
    }

    private static void add(List<String> words, String option, @Nullable String value) {
        if (value != null) {
            words.add(option);
            words.add(value);
        }
    }

    private List<DirectiveText> texts() {
        List<DirectiveText> texts = new ArrayList<>();
        if (directives != null) {
            texts.add(DirectiveText.ofFile(directives, InputText.read("--directives", directives, LARGEST_DIRECTIVES)));
        }
        region(texts, "window", window == null ? List.of() : List.of(window));
        region(texts, "handler", handler == null || kernel.isGiven() ? List.of() : List.of(handler));
        region(texts, "ist-stack", istStack == null ? List.of() : List.of(istStack));
        region(texts, "user", user);
        return texts;
    }

    private static void region(List<DirectiveText> texts, String directive, List<String> values) {
        if (values.isEmpty()) {
            return;
        }
        StringBuilder lines = new StringBuilder();
        for (String value : values) {
            int dots = value.indexOf(SEPARATOR);
            String from = dots < 0 ? "" : value.substring(0, dots);
            String to = dots < 0 ? "" : value.substring(dots + SEPARATOR.length());
            if (from.isBlank() || to.isBlank() || value.chars().anyMatch(Character::isWhitespace)) {
                throw new BadInput("--" + directive
                        + ": expected A..B, such as main..done or 0x401000..0x402000, found '" + value + "'");
            }
            lines.append(directive)
                    .append(' ')
                    .append(from)
                    .append(' ')
                    .append(to)
                    .append('\n');
        }
        texts.add(DirectiveText.of("--" + directive, lines.toString()));
    }
}
