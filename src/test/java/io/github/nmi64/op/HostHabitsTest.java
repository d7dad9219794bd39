package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.op.MadeUpHost.Trait;
import io.github.nmi64.oracle.HostCpu;
import io.github.nmi64.oracle.HostHabits;
import io.github.nmi64.state.Rflags;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The comparisons with a host CPU, run with processors that do not exist: whatever manuals leave open passes and is told, and
 * what they do not leave open fails. There is one CPU below a build; these stand for all others.
 */
class HostHabitsTest {
    private static final int CASES_PER_ROW = 40;
    private static final int PART = 20;

    private static Arguments habit(String name, String told, Trait trait) {
        return Arguments.of(name, told, new MadeUpHost(Vendor.AMD, trait));
    }

    static Stream<Arguments> habits() {
        Trait none = (request, instruction, ordinary, emulator) -> ordinary;
        return Stream.of(
                Arguments.of("none", "", new MadeUpHost(Vendor.AMD, none)),
                Arguments.of("Intel's rules", "", new MadeUpHost(Vendor.INTEL, none)),
                habit("PF of BSF and BSR", "bsf PF, bsr PF", MadeUpHost.flips("bsf bsr", Rflags.PF)),
                habit("AF of logic", "and AF, or AF, xor AF, test AF", MadeUpHost.flips("and or xor test", Rflags.AF)),
                habit("all flags of DIV", "div CF PF AF ZF SF OF", MadeUpHost.flips("div idiv", Rflags.STATUS)),
                habit(
                        "four flags of MUL",
                        "mul PF AF ZF SF, imul PF AF ZF SF",
                        MadeUpHost.flips("mul imul", Rflags.SF | Rflags.ZF | Rflags.AF | Rflags.PF)),
                habit(
                        "RSI of CMPS first",
                        "CMPSB with two bad pointers faults by: host RSI, nmi64 RDI",
                        MadeUpHost.faultsLastBy("cmps", Gpr.RDI)),
                habit(
                        "RDI of MOVS first",
                        "MOVSB with two bad pointers faults by: host RDI, nmi64 RSI",
                        MadeUpHost.faultsLastBy("movs", Gpr.RSI)),
                habit(
                        "operand of POP first",
                        "POP of an absent stack to an absent operand faults by: host the operand",
                        MadeUpHost.faultsLastBy("pop", Gpr.RSP)),
                habit(
                        "stack of PUSH first",
                        "PUSH of an absent operand to an absent stack faults by: host the stack",
                        MadeUpHost.faultsLastBy("push", Gpr.RBX)),
                habit(
                        "pages before alignment",
                        "load that is misaligned with AC and absent: host #PF, nmi64 #AC",
                        MadeUpHost::pagesBeforeAlignment),
                habit(
                        "branches into the hole",
                        "near CALL to a non-canonical target faults: host at the target",
                        MadeUpHost::branchesIntoTheHole),
                habit(
                        "no BMI, ADX, MOVBE",
                        "instructions the host does not have: adcx adox andn bextr",
                        MadeUpHost::isOld),
                habit("57 bits", "bits of a canonical address: host 57, nmi64 48", MadeUpHost::isWide),
                habit(
                        "upper halves of REP",
                        "REP MOVSB with ECX = 0 makes of upper halves: host zero, nmi64 nothing",
                        MadeUpHost::clearsUpperHalves),
                habit(
                        "split locks",
                        "LOCK ADD across cache lines: host #AC, nmi64 no fault",
                        MadeUpHost::refusesSplitLocks),
                habit(
                        "no probe by ENTER",
                        "ENTER to a stack that is absent: host no fault, nmi64 #PF",
                        MadeUpHost.on("enter", MadeUpHost::doesNotProbe)),
                habit("undefined results", "BSWAP AX of 0x1234: host RAX 0xffff", MadeUpHost::undefinedAreOnes),
                habit(
                        "AMD's LOOPE and MOVSXD",
                        "F3 on LOOPNE: host makes it LOOPE, nmi64 is ignored",
                        MadeUpHost::isAmds));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("habits")
    void a_habit_passes_and_is_told(String name, String told, HostCpu host) throws IOException {
        HostHabits habits = HostHabits.measure(host);

        compareAll(host, habits);

        assertThat(String.join("\n", habits.summary())).contains(told);
        if (name.equals("none")) {
            assertThat(habits.summary()).isEmpty();
        }
    }

    private static Arguments mistake(String name, Trait trait) {
        return Arguments.of(name, new MadeUpHost(Vendor.AMD, trait));
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake("CF of ADC", MadeUpHost.flips("adc", Rflags.CF)),
                mistake("AF of ADD, which is defined", MadeUpHost.flips("add", Rflags.AF)),
                mistake("ZF of BSF", MadeUpHost.flips("bsf", Rflags.ZF)),
                mistake("PF of AND", MadeUpHost.flips("and", Rflags.PF)),
                mistake("CF of RCL", MadeUpHost.flips("rcl", Rflags.CF)),
                mistake("CF of SAR", MadeUpHost.flips("sar", Rflags.CF)),
                mistake("OF of MUL", MadeUpHost.flips("mul", Rflags.OF)),
                mistake("quotient", changes("div", Gpr.RAX, 1)),
                mistake("RBP of ENTER", changes("enter", Gpr.RBP, 8)),
                mistake("RSP of CALL", changes("call", Gpr.RSP, 8)),
                mistake("RCX of REP", changes("movs", Gpr.RCX, 1L << 32)),
                mistake("address of CMPS", faults("cmps", Set.of(Vector.PF), Vector.PF, 1)),
                mistake("address of MOV", faults("mov", Set.of(Vector.PF), Vector.PF, 0x1000)),
                mistake("#GP for #SS", faults("pop", Set.of(Vector.SS), Vector.GP, 0)),
                mistake("#PF for #GP", faults("movbe", Set.of(Vector.GP), Vector.PF, 0x3000_0000)),
                mistake("#AC without LOCK", (request, instruction, ordinary, emulator) -> {
                    boolean load = instruction.opcode.mnemonic().equals("movbe") && (request.rflags & Rflags.AC) == 0;
                    ordinary.vector = load && !ordinary.faulted() ? Vector.AC : ordinary.vector;
                    return ordinary;
                }),
                mistake("a branch refused for nothing", faults("jmp", Set.of(Vector.DB), Vector.GP, 0)));
    }

    private static Trait changes(String mnemonic, int register, long by) {
        return MadeUpHost.on(mnemonic, (request, instruction, ordinary, emulator) -> {
            ordinary.gpr[register] += ordinary.faulted() ? 0 : by;
            return ordinary;
        });
    }

    private static Trait faults(String mnemonic, Set<Integer> vectors, int vector, long offset) {
        return MadeUpHost.on(mnemonic, (request, instruction, ordinary, emulator) -> {
            if (vectors.contains(ordinary.vector)) {
                ordinary.vector = vector;
                ordinary.cr2 += offset;
            }
            return ordinary;
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void a_mistake_fails(String name, HostCpu host) throws IOException {
        HostHabits habits = HostHabits.measure(host);

        assertThatThrownBy(() -> compareAll(host, habits)).isInstanceOf(AssertionError.class);
    }

    /** What {@link IntegerDifferentialTest} and {@link MovesOracleTest} do, with fewer cases. */
    private static void compareAll(HostCpu host, HostHabits habits) throws IOException {
        Differential differential = new Differential(host, habits, 1);
        List<Arguments> rows = IntegerDifferentialTest.rows().toList();
        for (Arguments row : rows) {
            Operation operation = (Operation) row.get()[0];
            if (!habits.lacks(operation.mnemonic())) {
                differential.check(operation, (Encoding) row.get()[1], CASES_PER_ROW);
            }
        }
        for (MoveCases draw : MoveCases.all().toList()) {
            MovesOracleTest.agree(draw, draw.seed(), draw.count() / PART, host, habits);
        }
    }
}
