package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.oracle.CpuCase;
import io.github.nmi64.oracle.CpuOracle;
import io.github.nmi64.oracle.CpuOutcome;
import io.github.nmi64.oracle.Effort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What user mode shows of the rules in which vendors differ, on a host of either, by the rules of that vendor. */
class VendorOracleTest {
    private static final int SIZE = 0x66;
    private static final int SHOWN = 10;

    private static Rules rules = Rules.INTEL;

    @BeforeAll
    static void hostsRules() throws IOException {
        assumeTrue(CpuOracle.missing().isEmpty(), () -> CpuOracle.missing().orElseThrow());
        Path description = Path.of("/proc/cpuinfo");
        String host = Files.isReadable(description) ? Files.readString(description, StandardCharsets.UTF_8) : "";
        Optional<Rules> known = host.contains("AuthenticAMD")
                ? Optional.of(Rules.AMD)
                : host.contains("GenuineIntel") ? Optional.of(Rules.INTEL) : Optional.empty();
        assumeTrue(known.isPresent(), "the host's processor is neither Intel's nor AMD's");
        rules = known.orElseThrow();
    }

    /** Displacements are small and registers hold addresses of data, so that a target of 64 bits is canonical. */
    @Test
    @DisplayName("TP-223: near branches with 66 have 16 bits with AMD")
    void near_branches_with_66() throws Exception {
        List<String> opcodes = new ArrayList<>();
        IntStream.range(0, 16).forEach(condition -> {
            opcodes.add("7%X".formatted(condition));
            opcodes.add("0F 8%X".formatted(condition));
        });
        opcodes.addAll(List.of("E8", "E9", "EB", "E0", "E1", "E2", "E3", "C2", "C3", "E8", "C3"));
        agree(4_000, 1, opcodes, List.of(SIZE, SIZE, SIZE));
        agree(500, 6, List.of("E0", "E1"), List.of(0xf2, 0xf3, SIZE));
    }

    @Test
    @DisplayName("TP-136: UD0, UD1, UD2 and a prefetch of a register")
    void prefetches_of_registers_and_undefined_instructions() throws Exception {
        agree(1_000, 2, List.of("0F 0D /r"), List.of(SIZE));
        agree(400, 3, List.of("0F FF /r", "0F B9 /r", "0F 0B"), List.of());
    }

    @Test
    void movsxd_with_66() throws Exception {
        agree(1_000, 5, List.of("63 /r"), List.of(SIZE, SIZE));
    }

    /** At CPL 3 a move that exists is #GP(0) and one that does not is #UD. */
    @Test
    @DisplayName("TP-200: LOCK before moves of control and debug registers")
    void lock_before_moves_of_control_registers() throws Exception {
        agree(1_000, 4, List.of("0F 20 /r", "0F 22 /r", "0F 21 /r", "0F 23 /r"), List.of(0xf0, 0xf0, 0xf0));
    }

    private static void agree(int count, long seed, List<String> opcodes, List<Integer> prefixes) throws Exception {
        for (int round = 0; round < Effort.rounds(); round++) {
            RandomCases random = new RandomCases(Effort.seed(seed, round));
            List<CpuCase> cases = Stream.generate(() -> random.next(opcodes, prefixes))
                    .limit(count)
                    .peek(VendorOracleTest::staysCanonical)
                    .toList();
            List<CpuOutcome> host;
            try (CpuOracle oracle = CpuOracle.start()) {
                host = oracle.run(cases);
            }
            assertThat(host.stream().filter(outcome -> outcome.status == CpuOutcome.REFUSED))
                    .as("cases the host refuses")
                    .hasSizeLessThan(count / 5);
            compare(cases, host);
        }
    }

    private static void compare(List<CpuCase> cases, List<CpuOutcome> host) {
        SingleInstruction emulator = new SingleInstruction(rules);
        List<String> disagreements = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            CpuOutcome outcome = host.get(i);
            if (outcome.status != CpuOutcome.REFUSED) {
                List<String> differences = outcome.differences(emulator.run(cases.get(i)));
                if (!differences.isEmpty()) {
                    disagreements.add(cases.get(i) + ": " + differences);
                }
            }
        }
        assertThat(disagreements.subList(0, Math.min(SHOWN, disagreements.size())))
                .as("%d of %d cases disagree", disagreements.size(), cases.size())
                .isEmpty();
    }

    /** The stack holds addresses of data, for RET; the count is small, for LOOP. */
    private static void staysCanonical(CpuCase drawn) {
        for (int i = 0; i < drawn.window.length; i++) {
            drawn.window[i] = (byte) ((i & 7) < 4 ? drawn.window[i] & 0x3f : 0);
        }
        drawn.gpr[Gpr.RSP] = drawn.windowAddress + (drawn.gpr[Gpr.RAX] & 0x78);
        drawn.gpr[Gpr.RCX] &= 3;
    }
}
