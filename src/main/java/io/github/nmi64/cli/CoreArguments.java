package io.github.nmi64.cli;

import io.github.nmi64.bits.Numeral;
import io.github.nmi64.bringup.BringupException;
import io.github.nmi64.bringup.CoreFixture;
import io.github.nmi64.bringup.CoreSetup;
import io.github.nmi64.bringup.Poke;
import io.github.nmi64.fixture.DirectiveText;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.InputFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A machine that was stopped, in place of a fixture. Filled in by picocli. */
final class CoreArguments {
    private static final long DEFAULT_STEPS = 100;

    @Option(
            names = "--core",
            paramLabel = "FILE",
            description =
                    "Instead of FIXTURE: go on from a machine that was stopped while it ran Linux: an ELF core by "
                            + "QEMU's dump-guest-memory. Whatever ran is the program.")
    private @Nullable String file;

    @Option(
            names = "--steps",
            paramLabel = "N",
            converter = PositiveNumber.class,
            description = "With --core: end when the program has made N steps. Default: 100.")
    private @Nullable Long steps;

    @Option(
            names = "--msr",
            paramLabel = "NAME=VALUE",
            description = "With --core: a register that dumps lack: cstar, efer, fmask, lstar, pat, spec_ctrl, star, "
                    + "sysenter_cs, sysenter_eip, sysenter_esp or tsc_aux. Repeatable. Default: as Linux sets them.")
    private List<String> registers = List.of();

    @Option(
            names = "--keep-handlers",
            description = "With --core: let the kernel's NMI handlers run. Default: the kernel ignores NMIs behind its "
                    + "entry.")
    private boolean keepsHandlers;

    /** True if there is such a machine. */
    boolean isGiven() {
        return file != null;
    }

    /**
     * Refuses what only makes sense with a dump.
     *
     * @throws BadInput if there is none
     */
    void checkUnused() {
        if (steps != null || !registers.isEmpty() || keepsHandlers) {
            String option = steps != null ? "--steps" : keepsHandlers ? "--keep-handlers" : "--msr";
            throw new BadInput(option + ": for a dump; give --core FILE");
        }
    }

    /**
     * The fixture of the machine.
     *
     * @param pokes other bytes of the kernel
     */
    Fixture fixture(List<Poke> pokes, List<DirectiveText> outside) {
        try {
            Path path = InputFile.path(String.valueOf(file));
            return CoreFixture.of(path, setup(pokes), outside);
        } catch (InputFile.UnusableException e) {
            throw new BadInput("--core: '" + file + "' " + e.getMessage());
        }
    }

    private CoreSetup setup(List<Poke> pokes) {
        Map<String, Long> values = new LinkedHashMap<>();
        for (String text : registers) {
            int equals = text.indexOf('=');
            OptionalLong value = equals < 0 ? OptionalLong.empty() : Numeral.unsigned(text.substring(equals + 1));
            if (value.isEmpty()) {
                throw new BadInput(
                        "--msr: expected NAME=VALUE, such as lstar=0xffffffff82000080, found '" + text + "'");
            }
            values.put(text.substring(0, equals), value.getAsLong());
        }
        try {
            return new CoreSetup(steps == null ? DEFAULT_STEPS : steps, keepsHandlers, values, pokes);
        } catch (BringupException e) {
            throw new BadInput("--msr: " + e.getMessage());
        }
    }

    /** Files that are read. */
    List<Path> inputs() {
        try {
            return file == null ? List.of() : List.of(InputFile.path(file));
        } catch (InputFile.UnusableException e) {
            return List.of(); // whoever reads it says so
        }
    }

    /** The words that name this machine again. */
    List<String> words() {
        List<String> words = new ArrayList<>();
        if (file != null) {
            words.addAll(List.of("--core", file));
            if (steps != null) {
                words.addAll(List.of("--steps", steps.toString()));
            }
            registers.forEach(register -> words.addAll(List.of("--msr", register)));
            if (keepsHandlers) {
                words.add("--keep-handlers");
            }
        }
        return words;
    }
}
