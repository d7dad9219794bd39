package io.github.nmi64.oracle.peer;

import io.github.nmi64.run.RunOptions;
import io.github.nmi64.timing.CostModel;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The machines nmi64 is walked along with. */
enum PeerMachine {
    /** Loads SS with null at every switch through an IST, and takes NMIs right behind STI: both are rules of nmi64. */
    QEMU(
            QemuPeer.PROGRAM,
            List.of("--version"),
            "version 7.2",
            Quirks.QEMU,
            Map.of("ist-keeps-ss", "false", "sti-shadow-holds-nmi", "false")),
    BOCHS(BochsPeer.PROGRAM, List.of("--help", "cpu"), "Bochs x86 Emulator 2.7", Quirks.BOCHS, Map.of());

    /** Where Debian's Bochs expects its VGA BIOS, a link into another package. */
    private static final Path BOCHS_VGA = Path.of("/usr/share/bochs/VGABIOS-lgpl-latest");

    /** Assemble the shim. */
    private static final List<String> TOOLS = List.of("as", "objcopy");

    private final String program;
    private final List<String> probe;
    private final String version;
    private final List<Quirk> quirks;
    private final Map<String, String> rules;
    private @Nullable Optional<String> missing;

    /**
     * @param probe arguments that make the program tell its version
     * @param version part of what it then says; the quirks are those of this version
     * @param rules nmi64's rules in which it makes another choice than the default
     */
    PeerMachine(String program, List<String> probe, String version, List<Quirk> quirks, Map<String, String> rules) {
        this.program = program;
        this.probe = probe;
        this.version = version;
        this.quirks = quirks;
        this.rules = rules;
    }

    /** Why it cannot run on this host; empty if it can. */
    synchronized Optional<String> missing() {
        if (missing == null) {
            missing = findMissing();
        }
        return missing;
    }

    private Optional<String> findMissing() {
        for (String tool : TOOLS) {
            if (!isInstalled(tool)) {
                return Optional.of("the shim needs " + tool + ", which is not installed");
            }
        }
        if (!isInstalled(program)) {
            return Optional.of(program + " is not installed");
        }
        if (Files.isSymbolicLink(BOCHS_VGA) && !Files.exists(BOCHS_VGA) && program.equals(BochsPeer.PROGRAM)) {
            return Optional.of(program + " has no VGA BIOS, without which it does not start (Debian: vgabios)");
        }
        try {
            Process asked =
                    new ProcessBuilder(command(probe)).redirectErrorStream(true).start();
            String answer = new String(asked.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            return answer.contains(version)
                    ? Optional.empty()
                    : Optional.of(program + " is not of " + version + ", whose differences are known");
        } catch (IOException e) {
            return Optional.of(program + " does not start: " + e.getMessage());
        }
    }

    private List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(arguments);
        return command;
    }

    private static boolean isInstalled(String name) {
        for (String directory : System.getenv("PATH").split(File.pathSeparator, -1)) {
            if (Files.isExecutable(Path.of(directory, name))) {
                return true;
            }
        }
        return false;
    }

    /** What it is known to do differently. */
    List<Quirk> quirks() {
        return quirks;
    }

    /** True if NMIs in HLT come from the interval timer. */
    boolean needsTimer() {
        return this == BOCHS;
    }

    /** How nmi64 runs beside it. */
    RunOptions options() {
        return new RunOptions(Optional.empty(), OptionalLong.empty(), OptionalLong.empty(), CostModel.UNIT, rules);
    }

    /** Starts it with a ROM and runs to an address of the image. */
    Peer start(Path rom, Path scratch, long address) throws IOException {
        return this == QEMU ? QemuPeer.start(rom, scratch, address) : BochsPeer.start(rom, scratch, address);
    }
}
