package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.oracle.CpuCase;
import io.github.nmi64.oracle.CpuOracle;
import io.github.nmi64.oracle.CpuOutcome;
import io.github.nmi64.oracle.Effort;
import io.github.nmi64.oracle.Reducer;
import io.github.nmi64.state.Rflags;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Moves, stack instructions, near branches, strings, flags, I/O and no-operations against the host CPU: 82,000 random cases
 * with a fixed seed.
 */
class MovesOracleTest {
    private static final int SHOWN = 5;
    private static final int WRITE = 2;
    private static final int SIZE = 0x66;
    private static final int ADDRESS = 0x67;
    private static final int LOCK = 0xf0;
    private static final int REPNE = 0xf2;
    private static final int REP = 0xf3;
    private static final List<Integer> ANY = List.of(SIZE, ADDRESS, LOCK, REPNE, REP);
    private static final List<Integer> SIZES = List.of(SIZE, ADDRESS, LOCK);

    private static long compared;

    /** Before each test, so that each one that is left out is counted as skipped. */
    @BeforeEach
    void the_oracle_can_run() {
        assumeTrue(CpuOracle.missing().isEmpty(), () -> CpuOracle.missing().orElseThrow());
    }

    @AfterAll
    static void tell() {
        Effort.tell(MovesOracleTest.class, compared);
    }

    @Test
    void mov_in_all_forms() throws Exception {
        List<String> opcodes = List.of(
                "88 /r",
                "89 /r",
                "8A /r",
                "8B /r",
                "B0+r",
                "B8+r",
                "C6 /0",
                "C7 /0",
                "A0 moffs",
                "A1 moffs",
                "A2 moffs",
                "A3 moffs");
        agree(10_000, 1, opcodes, ANY, draw -> {});
    }

    /** With 66, MOVSXD reads 32 bits on AMD's processors and 16 on Intel's, whom the emulator follows; that is not drawn. */
    @Test
    void movsxd() throws Exception {
        agree(1_000, 20, List.of("63 /r"), List.of(ADDRESS, LOCK, REPNE, REP), draw -> {});
    }

    @Test
    void widening_moves_lea_xchg_movbe_movnti() throws Exception {
        List<String> opcodes = List.of(
                "0F B6 /r",
                "0F B7 /r",
                "0F BE /r",
                "0F BF /r",
                "8D /r",
                "86 /r",
                "87 /r",
                "90+r",
                "D7",
                "98",
                "99",
                "9E",
                "9F");
        agree(8_000, 2, opcodes, ANY, draw -> {});
        agree(3_000, 3, List.of("0F 38 F0 /r", "0F 38 F1 /r", "0F C3 /r"), List.of(ADDRESS), draw -> {});
    }

    @Test
    void conditional_moves_and_sets() throws Exception {
        agree(6_000, 4, sixteen("0F 4%X /r"), ANY, draw -> {});
        agree(4_000, 5, sixteen("0F 9%X /r"), ANY, draw -> {});
    }

    @Test
    void stack_instructions() throws Exception {
        List<String> opcodes = List.of(
                "50+r", "58+r", "68", "6A", "FF /6", "8F /0", "9D", "C8", "C9", "60", "61", "54", "5C", "8F /0", "C8");
        agree(12_000, 6, opcodes, ANY, MovesOracleTest::frame);
    }

    /** PUSHF shows TF while stepping, so it runs into the breakpoint behind it. */
    @Test
    void pushf() throws Exception {
        agree(1_000, 7, List.of("9C"), List.of(), draw -> {
            draw.code = List.of(bytes(0x9c), bytes(0x66, 0x9c), bytes(0x48, 0x9c), bytes(0x66, 0x48, 0x9c))
                    .get((int) (draw.gpr[Gpr.RAX] & 3));
            draw.flags = CpuCase.WITHOUT_TF;
            draw.rflags &= 0x3f_ffffL;
        });
    }

    /**
     * With 66, AMD's processors truncate the target and the emulator follows Intel's (TP-223). On AMD's, F2 and F3 turn
     * LOOPE and LOOPNE into each other, which no manual says. Neither is drawn.
     */
    @Test
    void near_branches() throws Exception {
        List<Integer> prefixes = List.of(ADDRESS, LOCK, REPNE, REP);
        List<String> opcodes = new ArrayList<>(sixteen("7%X"));
        opcodes.addAll(sixteen("0F 8%X"));
        opcodes.addAll(List.of("E8", "E9", "EB", "E2", "E3", "FF /4", "FF /4", "C2", "C3"));
        agree(10_000, 8, opcodes, prefixes, MovesOracleTest::targets);
        // With AC set the host's CALL reports a misaligned push before a target in the canonical hole.
        agree(2_000, 16, List.of("FF /2"), prefixes, draw -> {
            targets(draw);
            draw.rflags &= ~Rflags.AC;
        });
        agree(1_000, 15, List.of("E0", "E1"), List.of(ADDRESS, LOCK), MovesOracleTest::targets);
    }

    @Test
    void string_instructions_step_by_step_and_to_the_end() throws Exception {
        List<String> opcodes =
                List.of("A4", "A5", "A6", "A7", "AA", "AB", "AC", "AD", "AE", "AF", "6C", "6D", "6E", "6F");
        List<Integer> prefixes = List.of(SIZE, ADDRESS, LOCK, REPNE, REP, REP);
        agree(8_000, 9, opcodes, prefixes, MovesOracleTest::pointers);
        agree(8_000, 10, opcodes, prefixes, draw -> {
            pointers(draw);
            draw.flags = CpuCase.RUN_TO_END;
            draw.maxTraps = 100;
        });
    }

    @Test
    void flags_and_ports_and_hints() throws Exception {
        agree(2_000, 11, List.of("F8", "F9", "F5", "FC", "FD", "FA", "FB"), ANY, draw -> {});
        agree(1_000, 12, List.of("E4", "E5", "E6", "E7", "EC", "ED", "EE", "EF"), ANY, draw -> {});
        List<String> hints = new ArrayList<>(List.of("90", "F3 90", "F3 0F 1E FA", "F3 0F 1E FB"));
        IntStream.rangeClosed(0x18, 0x1f).forEach(opcode -> hints.add("0F %X /r".formatted(opcode)));
        agree(3_000, 13, hints, SIZES, draw -> {});
        List<String> lines = List.of("0F AE E8", "0F AE F0", "0F AE F8", "0F AE /7", "66 0F AE /7");
        agree(2_000, 14, lines, List.of(ADDRESS, LOCK), draw -> {});
    }

    private static List<String> sixteen(String pattern) {
        return IntStream.range(0, 16).mapToObj(pattern::formatted).toList();
    }

    /** RBP where RSP is, so that ENTER and LEAVE find something. */
    private static void frame(CpuCase draw) {
        if ((draw.gpr[Gpr.RAX] & 7) != 0) {
            draw.gpr[Gpr.RBP] = draw.gpr[Gpr.RSP] + (draw.gpr[Gpr.RAX] & 0xff);
        }
    }

    /** The window lies at the top of the stack and holds canonical addresses, on both sides of the hole. */
    private static void targets(CpuCase draw) {
        ByteBuffer window = ByteBuffer.wrap(draw.window).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < draw.window.length; at += 8) {
            window.putLong(at, window.getLong(at) << 17 >> 17);
        }
        draw.gpr[Gpr.RSP] = draw.windowAddress + (draw.gpr[Gpr.RAX] & 0x78);
        draw.gpr[Gpr.RCX] &= (draw.gpr[Gpr.RDX] & 1) == 0 ? 3 : -1;
    }

    private static void pointers(CpuCase draw) {
        long bits = draw.gpr[Gpr.RBX] ^ draw.gpr[Gpr.R8] ^ draw.gpr[Gpr.R9];
        draw.gpr[Gpr.RCX] = bits & 31;
        if ((bits & 0x100) != 0) {
            draw.gpr[Gpr.RSI] = draw.windowAddress + (bits >>> 9 & 0xff);
            draw.gpr[Gpr.RDI] = draw.windowAddress + (bits >>> 4 & 0xff);
        }
        if ((bits & 1) != 0) {
            Arrays.fill(draw.window, (byte) draw.gpr[Gpr.RAX]); // let comparisons go on
        }
    }

    private static byte[] bytes(int... values) {
        byte[] code = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            code[i] = (byte) values[i];
        }
        return code;
    }

    private static void agree(
            int count, long seed, List<String> opcodes, List<Integer> prefixes, Consumer<CpuCase> shape)
            throws Exception {
        for (int round = 0; round < Effort.rounds(); round++) {
            agreeOnce(count, Effort.seed(seed, round), opcodes, prefixes, shape);
        }
    }

    private static void agreeOnce(
            int count, long seed, List<String> opcodes, List<Integer> prefixes, Consumer<CpuCase> shape)
            throws Exception {
        RandomCases random = new RandomCases(seed);
        List<CpuCase> cases = Stream.generate(() -> random.next(opcodes, prefixes))
                .limit(count)
                .peek(shape)
                .toList();
        List<CpuOutcome> host;
        try (CpuOracle oracle = CpuOracle.start()) {
            host = oracle.run(cases);
        }
        assertThat(host.stream().filter(outcome -> outcome.status == CpuOutcome.REFUSED))
                .as("cases the host refuses")
                .hasSizeLessThan(count / 5);
        compared += host.stream()
                .filter(outcome -> outcome.status != CpuOutcome.REFUSED)
                .count();
        SingleInstruction emulator = new SingleInstruction();
        List<CpuCase> disagreements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            CpuOutcome emulated = emulator.run(cases.get(i));
            if (!differences(cases.get(i), host.get(i), emulated).isEmpty()) {
                disagreements.add(cases.get(i));
            }
        }
        assertThat(reduced(disagreements.subList(0, Math.min(SHOWN, disagreements.size())), emulator))
                .as("%d of %d cases with seed %d disagree", disagreements.size(), count, seed)
                .isEmpty();
    }

    private static List<String> reduced(List<CpuCase> cases, SingleInstruction emulator) throws Exception {
        List<String> texts = new ArrayList<>();
        if (!cases.isEmpty()) {
            try (CpuOracle oracle = CpuOracle.start()) {
                for (CpuCase request : cases) {
                    texts.add(Reducer.text(
                            request,
                            smaller -> differences(
                                    smaller, oracle.run(List.of(smaller)).get(0), emulator.run(smaller))));
                }
            }
        }
        return texts;
    }

    private static List<String> differences(CpuCase request, CpuOutcome host, CpuOutcome emulated) {
        if (host.status == CpuOutcome.REFUSED) {
            return List.of(); // WAITPKG instructions look like fences with prefixes
        }
        if (!LinearMemory.isCanonical(host.rip)) {
            // AMD's processors branch and fault at the target, the emulator follows Intel's (TP-221)
            return emulated.vector == Vector.GP ? List.of() : List.of("branch to the canonical hole does not fault");
        }
        boolean pushFaulted = host.vector == Vector.PF && (host.errorCode & WRITE) != 0;
        if (pushFaulted && emulated.vector == Vector.GP && isCall(request)) {
            return List.of(); // for the same reason AMD's CALL pushes first, and the push may fault
        }
        if (host.vector == Vector.DB && emulated.vector == Vector.PF && inOraclesOwnMemory(emulated.cr2)) {
            return List.of(); // the host's process has its stack and its vDSO there, each time elsewhere
        }
        return host.differences(emulated, 0);
    }

    private static boolean inOraclesOwnMemory(long address) {
        return address >>> 36 == 0x7ff;
    }

    private static boolean isCall(CpuCase request) {
        return Decoder.decode(InstructionSet.map(), request.code, 0, request.code.length, CodeMode.LONG64)
                .opcode
                .mnemonic()
                .equals("call");
    }
}
