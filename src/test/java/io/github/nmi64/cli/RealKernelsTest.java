package io.github.nmi64.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.bringup.Mutant;
import io.github.nmi64.kernel.KernelImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Kernels of a distribution, as {@code scripts/kernels} fetches them: nothing of a kernel is in this tree. */
class RealKernelsTest {
    private static final String ENTRY = "asm_exc_nmi";

    /** The directory that {@code scripts/kernels} writes to. */
    private static Path directory() {
        return Optional.ofNullable(System.getenv("NMI64_KERNELS")).map(Path::of).orElseGet(() -> Optional.ofNullable(
                        System.getenv("XDG_CACHE_HOME"))
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"))
                .resolve("nmi64/kernels"));
    }

    static List<Path> kernels() throws IOException {
        if (!Files.isDirectory(directory())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory())) {
            return files.filter(file -> file.getFileName().toString().startsWith("vmlinuz-"))
                    .sorted()
                    .toList();
        }
    }

    static Stream<Arguments> kernelsWith(String... scenarios) throws IOException {
        return kernels().stream()
                .flatMap(kernel -> Stream.of(scenarios).map(scenario -> Arguments.of(kernel, scenario)));
    }

    static Stream<Arguments> soundScenarios() throws IOException {
        return kernelsWith("kernel/quiet", "kernel/int3", "kernel/poke", "kernel/page-fault", "user/quiet");
    }

    @Test
    void kernels_are_there() throws IOException {
        assumeTrue(!kernels().isEmpty(), "no kernel in " + directory() + " to check; scripts/kernels fetches Debian's");
    }

    @ParameterizedTest(name = "{1} of {0} is proved", allowZeroInvocations = true)
    @MethodSource("soundScenarios")
    void a_kernels_entry_is_proved(Path kernel, String scenario) {
        Ended ended = check(kernel, scenario);

        assertThat(ended.err()).isEmpty();
        assertThat(ended.out()).contains("proved for any number of events");
        assertThat(ended.exitCode()).isZero();
    }

    /** It lets a nested NMI through while the saved frame is copied. */
    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @MethodSource("kernels")
    void an_entry_without_the_test_of_the_repeat_region_is_broken(Path kernel) {
        String jump = without(kernel, "ja", 1);

        Ended ended = check(kernel, "kernel/int3", "--poke", jump);

        assertThat(ended.out()).contains("violated: context-restored").contains(" with 3 events");
        assertThat(ended.exitCode()).isEqualTo(1);
    }

    /** It takes a user program that has put RSP into the NMI stack for a nested NMI. */
    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @MethodSource("kernels")
    void an_entry_without_the_test_of_df_is_broken(Path kernel) {
        String jump = without(kernel, "je", 2);

        Ended ended = check(kernel, "syscall-on-nmi-stack/quiet", "--poke", jump);

        assertThat(ended.out()).contains("violated: no-lost-nmi").contains("nmi@at=entry_SYSCALL_64,hit=1");
        assertThat(ended.exitCode()).isEqualTo(1);
    }

    private static Ended check(Path kernel, String scenario, String... more) {
        String[] who = scenario.split("/", 2);
        String[] first = {"check", "--kernel", kernel.toString(), "--victim", who[0], "--handler", who[1]};
        return Nmi64Call.nmi64(Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new));
    }

    /** NOPs in place of a conditional jump between the kernel-mode path's begin and {@code nested_nmi}, counted from 0. */
    private static String without(Path kernel, String mnemonic, int which) {
        KernelImage image = KernelImage.load(kernel);
        long entry = image.find(ENTRY).orElseThrow().address();
        long nested = image.find("nested_nmi").orElseThrow().address();
        byte[] code = new byte[(int) (nested - entry)];
        image.at(entry, code.length).get(code);
        Mutant mutant = Mutant.of(code, entry).stream()
                .filter(candidate -> candidate.change().equals("without " + mnemonic))
                .skip(which)
                .findFirst()
                .orElseThrow();
        return "%s+0x%x=%s".formatted(ENTRY, mutant.address() - entry, mutant.code());
    }
}
