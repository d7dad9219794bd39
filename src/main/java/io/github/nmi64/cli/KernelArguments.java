package io.github.nmi64.cli;

import io.github.nmi64.bits.Suggestion;
import io.github.nmi64.bringup.BringupException;
import io.github.nmi64.bringup.Handler;
import io.github.nmi64.bringup.KernelFixture;
import io.github.nmi64.bringup.KernelSetup;
import io.github.nmi64.bringup.Poke;
import io.github.nmi64.bringup.Victim;
import io.github.nmi64.fixture.DirectiveText;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.InputFile;
import io.github.nmi64.image.ObjectFile;
import io.github.nmi64.kernel.CpuModel;
import io.github.nmi64.kernel.KernelImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A Linux kernel in place of a fixture, and how to run it. Filled in by picocli. */
final class KernelArguments {
    private static final int LARGEST_OBJECT = 16 << 20;
    private static final String DEFAULT_HANDLER = "int3";

    @Option(
            names = "--kernel",
            paramLabel = "IMAGE",
            description =
                    "Instead of FIXTURE: the NMI entry of a Linux kernel, a bzImage (vmlinuz) or a vmlinux, from its "
                            + "own bytes.")
    private @Nullable String file;

    @Option(
            names = "--victim",
            paramLabel = "WHO",
            completionCandidates = Victims.class,
            description = "With --kernel: what events interrupt: kernel, user, syscall, syscall-on-nmi-stack. "
                    + "Default: kernel.")
    private @Nullable String victim;

    @Option(
            names = "--cpu",
            paramLabel = "MODEL",
            description =
                    "With --kernel: the processor whose boot has patched it: generic (nothing patched), or features with "
                            + "+ or - between them, such as pti+fsgsbase; 'nmi64 kernel IMAGE --cpu MODEL' shows what that "
                            + "makes of the entry. Default: generic.")
    private @Nullable String cpu;

    @Option(
            names = "--poke",
            paramLabel = "SYMBOL+OFF=HEX",
            description = "With --kernel or --core: other bytes there, to plant a defect. Repeatable.")
    private List<String> pokes = List.of();

    private @Nullable KernelImage kernel;

    /** For the shell's completion. */
    static final class Victims implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Victim.keywords().iterator();
        }
    }

    /** True if a kernel is to be run. */
    boolean isGiven() {
        return file != null;
    }

    /**
     * Refuses what only makes sense with a kernel.
     *
     * @throws BadInput if there is none
     */
    void checkUnused() {
        String option = victim != null ? "--victim" : cpu != null ? "--cpu" : "--poke";
        if (victim != null || cpu != null || !pokes.isEmpty()) {
            throw new BadInput(option + ": for a kernel; give --kernel IMAGE");
        }
    }

    /**
     * Refuses what a dump decides by itself.
     *
     * @throws BadInput if it was said
     */
    void checkNoImage() {
        if (victim != null || cpu != null) {
            throw new BadInput(
                    (victim == null ? "--cpu" : "--victim") + ": for --kernel; with --core it is what the dump has");
        }
    }

    /** The victim that was asked for. */
    Victim victim() {
        if (victim == null) {
            return Victim.KERNEL;
        }
        String name = victim;
        return Victim.named(name)
                .orElseThrow(() -> new BadInput("--victim: unknown victim '" + name + "'"
                        + orElse(Suggestion.near(name, Victim.keywords()), "; known are " + known(Victim.keywords()))));
    }

    /** The words of {@code --poke}. */
    List<String> pokeWords() {
        return pokes.stream().flatMap(poke -> Stream.of("--poke", poke)).toList();
    }

    /** True if a victim was named. */
    boolean hasVictim() {
        return victim != null;
    }

    private static String orElse(String text, String other) {
        return text.isEmpty() ? other : text;
    }

    private static String known(List<String> words) {
        return String.join(", ", words);
    }

    /** The fixture of the kernel with a victim and a handler. */
    Fixture fixture(Victim who, @Nullable String handler, List<DirectiveText> outside) {
        String name = handler == null ? DEFAULT_HANDLER : handler;
        return KernelFixture.of(
                kernel(), new KernelSetup(who, handler(name), model(cpu, kernel()), defects()), outside);
    }

    /**
     * The processor of an option {@code --cpu}.
     *
     * @param text null if the option was not given
     */
    static CpuModel model(@Nullable String text, KernelImage image) {
        try {
            return CpuModel.parse(text == null ? CpuModel.GENERIC : text, image);
        } catch (IllegalArgumentException e) {
            throw new BadInput("--cpu: " + e.getMessage());
        }
    }

    /**
     * What {@code --poke} says.
     *
     * @throws BadInput if it is none
     */
    List<Poke> defects() {
        try {
            return pokes.stream().map(Poke::parse).toList();
        } catch (BringupException e) {
            throw new BadInput("--poke: " + e.getMessage());
        }
    }

    /** What the fixture of the kernel with this victim and this handler is called. */
    String name(Victim who, String handler) {
        return KernelFixture.name(String.valueOf(file), who, handler, cpu == null ? CpuModel.GENERIC : cpu);
    }

    /** Reads the kernel once. */
    private KernelImage kernel() {
        if (kernel == null) {
            try {
                kernel = KernelImage.load(InputFile.path(String.valueOf(file)));
            } catch (InputFile.UnusableException e) {
                throw new BadInput("--kernel: '" + file + "' " + e.getMessage());
            }
        }
        return kernel;
    }

    private static Handler handler(String name) {
        if (Handler.BUNDLED.contains(name)) {
            return Handler.bundled(name);
        }
        if (!name.endsWith(".o")) {
            throw new BadInput("--handler: with --kernel it is one of " + known(Handler.BUNDLED)
                    + ", or an object file NAME.o" + Suggestion.near(name, Handler.BUNDLED));
        }
        try {
            return new Handler(name, ObjectFile.read(name, InputFile.read(InputFile.path(name), LARGEST_OBJECT)));
        } catch (InputFile.UnusableException e) {
            throw new BadInput("--handler: '" + name + "' " + e.getMessage());
        }
    }

    /** Files that are read. */
    List<Path> inputs(@Nullable String handler) {
        List<Path> files = new ArrayList<>();
        try {
            if (file != null) {
                files.add(InputFile.path(file));
            }
            if (file != null && handler != null && !Handler.BUNDLED.contains(handler)) {
                files.add(InputFile.path(handler));
            }
        } catch (InputFile.UnusableException e) {
            // whoever reads it says so
        }
        return files;
    }

    /** The words that name this kernel again, run this way. */
    List<String> words(Victim who, @Nullable String handler) {
        List<String> words = new ArrayList<>();
        if (file != null) {
            words.addAll(List.of("--kernel", file, "--victim", who.keyword()));
            words.addAll(List.of("--handler", handler == null ? DEFAULT_HANDLER : handler));
            if (cpu != null) {
                words.addAll(List.of("--cpu", cpu));
            }
            words.addAll(pokeWords());
        }
        return words;
    }
}
