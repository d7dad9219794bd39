package io.github.nmi64.oracle;

import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;

/** The cases by which {@link HostHabits} finds out what a host does where the manuals leave it open. */
final class HostProbes {
    /**
     * One question to a processor.
     *
     * @param question what is asked, to be followed by a colon and answers
     * @param answer says in a few words what an outcome means
     */
    record Probe(String question, CpuCase request, Function<CpuOutcome, String> answer) {}

    static final String WIDTH = "bits of a canonical address";
    static final String SEGMENT_OFFSET = "non-canonical offset and canonical sum in a load through FS";
    static final String BRANCH_16 = "66 on a near JMP";

    private static final int BAD = 0x3000_0000;
    private static final int WORSE = 0x3100_0000;
    private static final long HOLE = 0x8000_0000_0000L;
    private static final int STATES = 48;
    private static final int START = 0x100;

    private HostProbes() {}

    /** Everything but undefined flags. */
    static List<Probe> all() {
        List<Probe> probes = new ArrayList<>();
        probes.add(new Probe(
                WIDTH,
                with("488b03", c -> c.gpr[Gpr.RBX] = HOLE),
                outcome -> outcome.vector == Vector.PF ? "57" : "48"));
        probes.add(new Probe(SEGMENT_OFFSET, with("64488b03", HostProbes::farOffset), HostProbes::faultOrNone));
        probes.add(new Probe(BRANCH_16, with("66e910000000", c -> {}), HostProbes::jump));
        branches(probes);
        orders(probes);
        undefinedResults(probes);
        probes.add(new Probe(
                "MOVSXD to 16 bits reads",
                with("666303", c -> c.gpr[Gpr.RBX] = CpuCase.DATA + 0x1ffe),
                outcome -> outcome.faulted() ? "32 bits" : "16 bits"));
        probes.add(new Probe(
                "F3 on LOOPNE",
                with("f3e010", c -> {
                    c.gpr[Gpr.RCX] = 5;
                    c.rflags |= Rflags.ZF;
                }),
                outcome -> outcome.rip == start() + 3 ? "is ignored" : "makes it LOOPE"));
        probes.add(new Probe(
                "REP MOVSB with ECX = 0 makes of upper halves",
                with("67f3a4", c -> {
                    c.gpr[Gpr.RCX] = 1L << 32;
                    c.gpr[Gpr.RSI] = 5L << 32;
                }),
                outcome -> outcome.gpr[Gpr.RCX] == 0 || outcome.gpr[Gpr.RSI] == 0 ? "zero" : "nothing"));
        probes.add(new Probe(
                "ENTER to a stack that is absent",
                with("c8002000", c -> c.gpr[Gpr.RSP] = CpuCase.DATA + 0x1000),
                HostProbes::faultOrNone));
        probes.add(new Probe(
                "LOCK ADD across cache lines",
                with("f0480103", c -> c.gpr[Gpr.RBX] = CpuCase.DATA + 0x3c),
                HostProbes::faultOrNone));
        probes.add(new Probe(
                "load of 8 bytes from -4", with("488b03", c -> c.gpr[Gpr.RBX] = -4), HostProbes::faultOrNone));
        return probes;
    }

    private static void branches(List<Probe> probes) {
        Map<String, String> codes = Map.of("JMP", "ffe0", "CALL", "ffd0", "RET", "c3");
        for (String name : List.of("JMP", "CALL", "RET")) {
            CpuCase request = with(codes.get(name), c -> {
                c.gpr[Gpr.RAX] = 1L << 63;
                c.gpr[Gpr.RSP] = CpuCase.DATA + 0x800;
                c.windowAddress = CpuCase.DATA + 0x800;
                c.window = new byte[] {0, 0, 0, 0, 0, 0, 0, (byte) 0x80};
            });
            probes.add(new Probe(
                    "near " + name + " to a non-canonical target faults",
                    request,
                    outcome -> outcome.faulted() && LinearMemory.isCanonical(outcome.rip)
                            ? "at the branch"
                            : "at the target"));
        }
    }

    private static void orders(List<Probe> probes) {
        Consumer<CpuCase> strings = c -> {
            c.gpr[Gpr.RSI] = BAD;
            c.gpr[Gpr.RDI] = WORSE;
            c.gpr[Gpr.RCX] = 3;
        };
        Function<CpuOutcome, String> pointer =
                outcome -> outcome.cr2 == BAD ? "RSI" : outcome.cr2 == WORSE ? "RDI" : "neither";
        probes.add(new Probe("CMPSB with two bad pointers faults by", with("a6", strings), pointer));
        probes.add(new Probe("REPE CMPSB with two bad pointers faults by", with("f3a6", strings), pointer));
        probes.add(new Probe("MOVSB with two bad pointers faults by", with("a4", strings), pointer));
        probes.add(new Probe("REP MOVSB with two bad pointers faults by", with("f3a4", strings), pointer));
        Consumer<CpuCase> stack = c -> {
            c.gpr[Gpr.RBX] = BAD;
            c.gpr[Gpr.RSP] = WORSE;
        };
        Function<CpuOutcome, String> side = outcome -> outcome.cr2 == BAD ? "the operand" : "the stack";
        probes.add(new Probe("PUSH of an absent operand to an absent stack faults by", with("ff33", stack), side));
        probes.add(new Probe("POP of an absent stack to an absent operand faults by", with("8f03", stack), side));
        probes.add(new Probe("CALL by an absent operand with an absent stack faults by", with("ff13", stack), side));
        probes.add(new Probe(
                "CMPXCHG16B, misaligned and absent",
                with("480fc70b", c -> c.gpr[Gpr.RBX] = BAD + 1),
                HostProbes::fault));
        probes.add(new Probe(
                "load that is misaligned with AC and absent",
                with("488b03", c -> {
                    c.gpr[Gpr.RBX] = BAD + 1;
                    c.rflags |= Rflags.AC;
                }),
                HostProbes::fault));
        probes.add(new Probe(
                "INSB to absent memory without permission", with("6c", c -> c.gpr[Gpr.RDI] = BAD), HostProbes::fault));
    }

    private static void undefinedResults(List<Probe> probes) {
        Consumer<CpuCase> zero = c -> c.gpr[Gpr.RAX] = -1;
        Function<CpuOutcome, String> rax = outcome -> "RAX 0x" + Long.toHexString(outcome.gpr[Gpr.RAX]);
        probes.add(new Probe("BSF EAX, 0 with RAX all ones", with("0fbcc1", zero), rax));
        probes.add(new Probe("BSR EAX, 0 with RAX all ones", with("0fbdc1", zero), rax));
        probes.add(new Probe("SHL EAX, 0 with RAX all ones", with("d3e0", zero), rax));
        probes.add(new Probe("SHLD EAX, ECX, 0 with RAX all ones", with("0fa5c8", zero), rax));
        Consumer<CpuCase> word = c -> {
            c.gpr[Gpr.RAX] = 0x1234;
            c.gpr[Gpr.RDX] = 0x5678;
            c.gpr[Gpr.RCX] = 20;
        };
        probes.add(new Probe("BSWAP AX of 0x1234", with("660fc8", word), rax));
        probes.add(new Probe("SHLD AX 0x1234, DX 0x5678, 20", with("660fa5d0", word), rax));
        probes.add(new Probe("SHRD AX 0x1234, DX 0x5678, 20", with("660fadd0", word), rax));
    }

    /** One register form of every instruction that leaves flags undefined, each from a number of states. */
    static Map<String, List<CpuCase>> undefinedFlags() {
        Map<String, String> codes = new LinkedHashMap<>();
        String table = "and 4821c8 or 4809c8 xor 4831c8 test 4885c8 shl 48d3e0 shr 48d3e8 sar 48d3f8 shld 480fa5c8 "
                + "shrd 480fadc8 rol 48d3c0 ror 48d3c8 rcl 48d3d0 rcr 48d3d8 mul 48f7e1 imul 480fafc1 div 48f7f1 "
                + "idiv 48f7f9 bt 480fa3c8 bts 480fabc8 btr 480fb3c8 btc 480fbbc8 bsf 480fbcc1 bsr 480fbdc1 "
                + "tzcnt f3480fbcc1 lzcnt f3480fbdc1 andn c4e2f8f2c1 blsi c4e2f8f3d9 blsr c4e2f8f3c9 "
                + "blsmsk c4e2f8f3d1 bzhi c4e2f8f5c1 bextr c4e2f8f7c1";
        String[] words = table.split(" ", -1);
        for (int i = 0; i < words.length; i += 2) {
            codes.put(words[i], words[i + 1]);
        }
        Map<String, List<CpuCase>> cases = new LinkedHashMap<>();
        codes.forEach((mnemonic, code) -> cases.put(mnemonic, states(code)));
        return cases;
    }

    private static List<CpuCase> states(String code) {
        SplittableRandom random = new SplittableRandom(code.hashCode());
        List<CpuCase> cases = new ArrayList<>();
        for (int i = 0; i < STATES; i++) {
            cases.add(with(code, c -> {
                c.gpr[Gpr.RAX] = random.nextLong() >>> random.nextInt(64);
                c.gpr[Gpr.RCX] = random.nextInt(4) == 0 ? random.nextInt(4) : random.nextLong();
                c.gpr[Gpr.RDX] = random.nextInt(2) == 0 ? 0 : random.nextLong() >>> random.nextInt(64);
                c.rflags |= random.nextLong() & Rflags.STATUS;
            }));
        }
        return cases;
    }

    /** Instructions that not every x86-64 processor has, with operands for which their results are defined. */
    static Map<String, CpuCase> extensions() {
        Map<String, CpuCase> cases = new LinkedHashMap<>();
        String table = "popcnt f3480fb8c1 tzcnt f3480fbcc1 lzcnt f3480fbdc1 crc32 f2480f38f1c1 movbe 480f38f003 "
                + "adcx 66480f38f6c1 adox f3480f38f6c1 andn c4e2f8f2c1 bextr c4e2f8f7c1 blsi c4e2f8f3d9 "
                + "blsmsk c4e2f8f3d1 blsr c4e2f8f3c9 bzhi c4e2f8f5c1 mulx c4e2fbf6c1 pdep c4e2fbf5c1 pext c4e2faf5c1 "
                + "rorx c4e3fbf0c105 sarx c4e2faf7c1 shlx c4e2f9f7c1 shrx c4e2fbf7c1 cmpxchg16b 480fc70b "
                + "movnti 480fc303 clflush 0fae3b clflushopt 660fae3b";
        String[] words = table.split(" ", -1);
        for (int i = 0; i < words.length; i += 2) {
            cases.put(words[i], with(words[i + 1], c -> {
                c.gpr[Gpr.RBX] = CpuCase.DATA + 0x400;
                c.gpr[Gpr.RCX] = 0; // without BMI1, TZCNT and LZCNT are BSF and BSR, which then leave RAX alone
                c.gpr[Gpr.RAX] = 0x1234_5678_9abc_def0L;
            }));
        }
        return cases;
    }

    private static CpuCase with(String code, Consumer<CpuCase> change) {
        CpuCase request = new CpuCase();
        request.code = HexFormat.of().parseHex(code);
        request.codeOffset = START;
        request.gpr[Gpr.RSP] = CpuCase.DATA + 0x1000;
        change.accept(request);
        return request;
    }

    private static void farOffset(CpuCase request) {
        request.gpr[Gpr.RBX] = HOLE;
        request.fsBase = -HOLE + CpuCase.DATA;
    }

    private static long start() {
        return CpuCase.CODE + START;
    }

    private static String jump(CpuOutcome outcome) {
        return outcome.rip == start() + 6 + 0x10
                ? "is ignored"
                : outcome.rip >>> 16 == 0 ? "makes RIP 16 bits" : "is something else";
    }

    private static String fault(CpuOutcome outcome) {
        return outcome.faulted() ? Vector.name(outcome.vector) : "no fault";
    }

    private static String faultOrNone(CpuOutcome outcome) {
        return outcome.status == CpuOutcome.BAD_REQUEST ? "not measured" : fault(outcome);
    }
}
