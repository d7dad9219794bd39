package io.github.nmi64.op;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.oracle.CpuCase;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Random cases of moves, stack instructions, near branches, strings, flags, I/O and no-operations.
 *
 * @param name of what is drawn
 * @param count cases in an ordinary build
 * @param seed that of the first round
 * @param opcodes as {@link RandomCases} reads them
 * @param prefixes drawn now and then
 * @param shape what makes a random state interesting
 */
record MoveCases(
        String name, int count, long seed, List<String> opcodes, List<Integer> prefixes, Consumer<CpuCase> shape) {
    private static final int SIZE = 0x66;
    private static final int ADDRESS = 0x67;
    private static final int LOCK = 0xf0;
    private static final int REPNE = 0xf2;
    private static final int REP = 0xf3;
    private static final List<Integer> ANY = List.of(SIZE, ADDRESS, LOCK, REPNE, REP);
    private static final List<Integer> SIZES = List.of(SIZE, ADDRESS, LOCK);

    /** All of them. */
    static Stream<MoveCases> all() {
        return Stream.of(moves(), stack(), branches(), strings(), rest()).flatMap(List::stream);
    }

    /** The first {@code most} cases of a seed. */
    List<CpuCase> cases(long from, int most) {
        RandomCases random = new RandomCases(from);
        return Stream.generate(() -> random.next(opcodes, prefixes))
                .limit(most)
                .peek(shape)
                .toList();
    }

    @Override
    public String toString() {
        return name;
    }

    private static MoveCases plain(String name, int count, long seed, List<String> opcodes, List<Integer> prefixes) {
        return new MoveCases(name, count, seed, opcodes, prefixes, draw -> {});
    }

    private static List<MoveCases> moves() {
        return List.of(
                plain(
                        "MOV",
                        10_000,
                        1,
                        List.of(
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
                                "A3 moffs"),
                        ANY),
                plain("MOVSXD", 1_000, 20, List.of("63 /r"), ANY),
                plain(
                        "widening moves, LEA, XCHG",
                        8_000,
                        2,
                        List.of(
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
                                "9F"),
                        ANY),
                plain("MOVBE, MOVNTI", 3_000, 3, List.of("0F 38 F0 /r", "0F 38 F1 /r", "0F C3 /r"), List.of(ADDRESS)),
                plain("CMOVcc", 6_000, 4, sixteen("0F 4%X /r"), ANY),
                plain("SETcc", 4_000, 5, sixteen("0F 9%X /r"), ANY));
    }

    private static List<MoveCases> stack() {
        List<String> opcodes = List.of(
                "50+r", "58+r", "68", "6A", "FF /6", "8F /0", "9D", "C8", "C9", "60", "61", "54", "5C", "8F /0", "C8");
        return List.of(
                new MoveCases("stack instructions", 12_000, 6, opcodes, ANY, MoveCases::frame),
                new MoveCases("PUSHF", 1_000, 7, List.of("9C"), List.of(), MoveCases::pushf));
    }

    /** PUSHF shows TF while stepping, so it runs into the breakpoint behind it. */
    private static void pushf(CpuCase draw) {
        draw.code = List.of(bytes(0x9c), bytes(0x66, 0x9c), bytes(0x48, 0x9c), bytes(0x66, 0x48, 0x9c))
                .get((int) (draw.gpr[Gpr.RAX] & 3));
        draw.flags = CpuCase.WITHOUT_TF;
        draw.rflags &= 0x3f_ffffL;
    }

    /** 66 is not drawn: a branch it truncates to 16 bits leads to the executing process's own memory, or to nothing. */
    private static List<MoveCases> branches() {
        List<Integer> prefixes = List.of(ADDRESS, LOCK, REPNE, REP);
        List<String> opcodes = new ArrayList<>(sixteen("7%X"));
        opcodes.addAll(sixteen("0F 8%X"));
        opcodes.addAll(List.of("E8", "E9", "EB", "E2", "E3", "FF /4", "FF /4", "C2", "C3"));
        return List.of(
                new MoveCases("near branches", 10_000, 8, opcodes, prefixes, MoveCases::targets),
                new MoveCases("CALL through an operand", 2_000, 16, List.of("FF /2"), prefixes, MoveCases::targets),
                new MoveCases("LOOPE, LOOPNE", 1_000, 15, List.of("E0", "E1"), prefixes, MoveCases::targets));
    }

    private static List<MoveCases> strings() {
        List<String> opcodes =
                List.of("A4", "A5", "A6", "A7", "AA", "AB", "AC", "AD", "AE", "AF", "6C", "6D", "6E", "6F");
        List<Integer> prefixes = List.of(SIZE, ADDRESS, LOCK, REPNE, REP, REP);
        return List.of(
                new MoveCases("strings step by step", 8_000, 9, opcodes, prefixes, MoveCases::pointers),
                new MoveCases("strings to the end", 8_000, 10, opcodes, prefixes, draw -> {
                    pointers(draw);
                    draw.flags = CpuCase.RUN_TO_END;
                    draw.maxTraps = 100;
                }));
    }

    private static List<MoveCases> rest() {
        List<String> hints = new ArrayList<>(List.of("90", "F3 90", "F3 0F 1E FA", "F3 0F 1E FB"));
        IntStream.rangeClosed(0x18, 0x1f).forEach(opcode -> hints.add("0F %X /r".formatted(opcode)));
        List<String> lines = List.of("0F AE E8", "0F AE F0", "0F AE F8", "0F AE /7", "66 0F AE /7");
        return List.of(
                plain("flags", 2_000, 11, List.of("F8", "F9", "F5", "FC", "FD", "FA", "FB"), ANY),
                plain("ports", 1_000, 12, List.of("E4", "E5", "E6", "E7", "EC", "ED", "EE", "EF"), ANY),
                plain("hints", 3_000, 13, hints, SIZES),
                plain("fences and cache lines", 2_000, 14, lines, List.of(ADDRESS, LOCK)));
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
}
