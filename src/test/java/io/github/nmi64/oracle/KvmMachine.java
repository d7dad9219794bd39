package io.github.nmi64.oracle;

import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Injection;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.schedule.When;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * KVM as a {@link MachineOracle}: {@code scripts/kvm/nmi64-kvm.c}, compiled into {@code target/} when the binary is missing
 * or older than its source. What its answers are worth depends on the backend, whose name is the oracle's.
 */
public final class KvmMachine implements MachineOracle {
    private static final Path SOURCE = Path.of("scripts", "kvm", "nmi64-kvm.c");
    private static final Path BINARY = Path.of("target", "kvm", "nmi64-kvm");
    private static final Path DEVICE = Path.of("/dev/kvm");

    private final Optional<String> missing = findMissing();
    private final String name = missing.isEmpty() ? backend() : "kvm";

    private static Optional<String> findMissing() {
        if (!Files.isReadable(DEVICE) || !Files.isWritable(DEVICE)) {
            return Optional.of("the comparison with KVM needs /dev/kvm, which "
                    + (Files.exists(DEVICE) ? "this user may not open" : "this host does not have"));
        }
        return CpuOracle.missing().map(reason -> reason.replace("the CPU oracle", "the comparison with KVM"));
    }

    /** The kernel module below /dev/kvm. */
    private static String backend() {
        try {
            if (!Files.exists(BINARY)
                    || Files.getLastModifiedTime(BINARY).compareTo(Files.getLastModifiedTime(SOURCE)) < 0) {
                compile();
            }
            Process process = new ProcessBuilder(BINARY.toString(), "--backend").start();
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(BINARY + " --backend fails");
            }
            return answer.strip();
        } catch (IOException e) {
            throw new IllegalStateException("the comparison with KVM cannot start: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while preparing " + BINARY, e);
        }
    }

    /** Compiles to a name of its own first, so that nobody starts half a binary. */
    private static void compile() throws IOException, InterruptedException {
        Files.createDirectories(BINARY.getParent());
        Path fresh = Files.createTempFile(BINARY.getParent(), "nmi64-kvm", "");
        Process gcc = new ProcessBuilder("gcc", "-O2", "-o", fresh.toString(), SOURCE.toString())
                .inheritIO()
                .start();
        if (gcc.waitFor() != 0) {
            throw new IOException("gcc cannot compile " + SOURCE);
        }
        Files.move(fresh, BINARY, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean judged() {
        return name.equals(KvmDifferences.JUDGED);
    }

    @Override
    public Optional<String> missing() {
        return missing;
    }

    @Override
    public Optional<String> refuses(Schedule schedule) {
        return schedule.injections().stream()
                .filter(injection -> injection.kind().event() != InjectedEvent.NMI.event() || !plays(injection.when()))
                .map(injection -> "KVM is given NMIs only, and those by step=, at= or after= a few mnemonics; not "
                        + injection.text())
                .findFirst();
    }

    private static boolean plays(When when) {
        return when instanceof When.AtStep step && step.origin() == When.Origin.RESET
                || when instanceof When.AtSymbol
                || when instanceof When.AtAddress
                || when instanceof When.After after
                        && List.of("hlt", "iretq", "syscall", "sysretq", "pushfq", "popfq")
                                .contains(after.mnemonic());
    }

    @Override
    public Run run(MachineImage image, Schedule schedule, long maxInstructions) throws IOException {
        return new JsonLinesRun(new ProcessBuilder(arguments(image, schedule, maxInstructions))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    @Override
    public String command(MachineImage image, Schedule schedule, long maxInstructions) {
        return String.join(" ", arguments(image, schedule, maxInstructions));
    }

    private static List<String> arguments(MachineImage image, Schedule schedule, long maxInstructions) {
        List<String> arguments =
                new ArrayList<>(List.of(BINARY.toString(), image.file().toString()));
        arguments.addAll(List.of("--no-directives", "--trace", "--max-steps", Long.toString(maxInstructions)));
        for (Injection injection : schedule.injections()) {
            arguments.addAll(List.of("--inject", injection.text()));
        }
        return arguments;
    }

    @Override
    public List<KnownDifference> knownDifferences() {
        return KvmDifferences.of(name);
    }
}
