package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.state.Control;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * CPUID tells the truth: every feature it reports is there, and every optional instruction that executes is reported
 * (SDM vol. 2, "CPUID"; AMD APM vol. 3, appendix D).
 */
class CpuidTest {
    /** The instructions of each feature that consists of instructions. */
    private static final Map<Feature, List<String>> INSTRUCTIONS = new EnumMap<>(Map.ofEntries(
            Map.entry(Feature.TSC, List.of("rdtsc")),
            Map.entry(Feature.MSR, List.of("rdmsr", "wrmsr")),
            Map.entry(Feature.CX8, List.of("cmpxchg8b")),
            Map.entry(Feature.SEP, List.of("sysenter", "sysexit")),
            Map.entry(
                    Feature.CMOV,
                    Condition.NAMES.stream().map(name -> "cmov" + name).toList()),
            Map.entry(Feature.CLFLUSH, List.of("clflush")),
            Map.entry(Feature.CX16, List.of("cmpxchg16b")),
            Map.entry(Feature.INVPCID, List.of("invpcid")),
            Map.entry(Feature.SERIALIZE, List.of("serialize")),
            Map.entry(Feature.WRMSRNS, List.of("wrmsrns")),
            Map.entry(Feature.MOVBE, List.of("movbe")),
            Map.entry(Feature.POPCNT, List.of("popcnt")),
            Map.entry(Feature.FSGSBASE, List.of("rdfsbase", "rdgsbase", "wrfsbase", "wrgsbase")),
            Map.entry(Feature.BMI1, List.of("andn", "bextr", "blsi", "blsmsk", "blsr", "tzcnt")),
            Map.entry(Feature.BMI2, List.of("bzhi", "mulx", "pdep", "pext", "rorx", "sarx", "shlx", "shrx")),
            Map.entry(Feature.ADX, List.of("adcx", "adox")),
            Map.entry(Feature.SMAP, List.of("clac", "stac")),
            Map.entry(Feature.CLFLUSHOPT, List.of("clflushopt")),
            Map.entry(Feature.CLWB, List.of("clwb")),
            Map.entry(Feature.RDPID, List.of("rdpid")),
            Map.entry(Feature.LAHF, List.of("lahf", "sahf")),
            Map.entry(Feature.LZCNT, List.of("lzcnt")),
            Map.entry(Feature.PREFETCHW, List.of("prefetchw")),
            Map.entry(Feature.SYSCALL, List.of("syscall", "sysret")),
            Map.entry(Feature.RDTSCP, List.of("rdtscp"))));

    /** The control-register bits of each feature that software switches on. */
    private static final Map<Feature, Long> CONTROLS = new EnumMap<>(Map.ofEntries(
            Map.entry(Feature.DE, Control.CR4_DE),
            Map.entry(Feature.PSE, Control.CR4_PSE),
            Map.entry(Feature.TSC, Control.CR4_TSD),
            Map.entry(Feature.PAE, Control.CR4_PAE),
            Map.entry(Feature.MCE, Control.CR4_MCE),
            Map.entry(Feature.PGE, Control.CR4_PGE),
            Map.entry(Feature.PCID, Control.CR4_PCIDE),
            Map.entry(Feature.FSGSBASE, Control.CR4_FSGSBASE),
            Map.entry(Feature.SMEP, Control.CR4_SMEP),
            Map.entry(Feature.SMAP, Control.CR4_SMAP),
            Map.entry(Feature.UMIP, Control.CR4_UMIP)));

    /** Features that are neither, each with a test of its behaviour elsewhere. */
    private static final Set<Feature> BEHAVIOURS = EnumSet.of(
            Feature.PAT,
            Feature.NX,
            Feature.GIGABYTE_PAGES,
            Feature.LONG_MODE,
            Feature.MCA,
            Feature.MD_CLEAR,
            Feature.IBRS_IBPB,
            Feature.STIBP,
            Feature.SSBD,
            Feature.L1D_FLUSH,
            Feature.ARCH_CAPABILITIES,
            Feature.ALT_MOV_CR8,
            Feature.AMD_IBPB,
            Feature.AMD_IBRS,
            Feature.AMD_STIBP,
            Feature.AMD_SSBD);

    /** What executes without being announced: parts of SSE, SSE2 and SSE4.2, and hints that are no-operations without. */
    private static final Set<String> UNANNOUNCED = Set.of(
            "crc32",
            "movnti",
            "lfence",
            "mfence",
            "sfence",
            "pause",
            "prefetchnta",
            "prefetcht0",
            "prefetcht1",
            "prefetcht2",
            "cldemote",
            "endbr32",
            "endbr64",
            "rdssp");

    /** Decoded, so that it can raise #UD and #NM, but refused: never announced. */
    private static final Set<String> REFUSED = Set.of("x87", "mmx", "sse", "fxsave", "xsave");

    /** Instructions every 64-bit processor has, so that no bit announces them: 8086 to 80286, 80386 to Pentium, x86-64. */
    private static final String BASIC = """
            add adc sub sbb cmp inc dec neg and or xor test not xchg mov lea xlat cbw cwd push pop pushf popf pusha popa
            enter leave daa das aaa aas aam aad mul imul div idiv shl shr sar rol ror rcl rcr jmp call ret loop loope
            loopne jcxz movs stos lods cmps scas ins outs clc stc cmc cld std cli sti in out nop iret int int3 int1 into
            bound salc ud0 ud1 ud2 les lds lss lfs lgs lgdt lidt sgdt sidt lldt sldt ltr str clts lmsw smsw hlt retf lar lsl
            verr verw arpl fwait
            cwde cdq shld shrd bt bts btr btc bsf bsr movzx movsx jecxz xadd cmpxchg bswap invlpg invd wbinvd cpuid rdpmc
            movsxd cdqe cqo jrcxz swapgs
            """;

    private static Set<String> executed() {
        return InstructionSet.operations().stream().map(Operation::mnemonic).collect(Collectors.toSet());
    }

    private static Set<String> basic() {
        Set<String> basic = new HashSet<>(Set.of(BASIC.strip().split("\\s+")));
        for (String condition : Condition.NAMES) {
            basic.add("j" + condition);
            basic.add("set" + condition);
        }
        return basic;
    }

    @Test
    void every_feature_is_instructions_or_control_bits_or_a_known_behaviour() {
        Set<Feature> accounted = EnumSet.copyOf(BEHAVIOURS);
        accounted.addAll(INSTRUCTIONS.keySet());
        accounted.addAll(CONTROLS.keySet());

        assertThat(accounted).containsExactlyInAnyOrder(Feature.values());
    }

    @Test
    void every_instruction_is_basic_or_reported_or_a_documented_exception() {
        Set<String> accounted = new HashSet<>(basic());
        INSTRUCTIONS.values().forEach(accounted::addAll);
        accounted.addAll(UNANNOUNCED);
        accounted.addAll(REFUSED);

        assertThat(accounted).containsExactlyInAnyOrderElementsOf(executed());
    }

    private static long[] cpuid(Vendor vendor, long leaf, long subleaf) {
        SystemMachine machine = new SystemMachine(rules(vendor)).code("0fa2");
        machine.set(Gpr.RAX, leaf);
        machine.set(Gpr.RCX, subleaf);
        return machine.succeed().state.gpr;
    }

    private static Rules rules(Vendor vendor) {
        return vendor == Vendor.AMD ? Rules.AMD : Rules.INTEL;
    }

    @ParameterizedTest
    @EnumSource
    void the_instruction_reports_each_feature_of_its_vendor(Feature feature) {
        for (Vendor vendor : Vendor.values()) {
            long value = cpuid(vendor, feature.leaf, feature.subleaf)[feature.output.register];

            assertThat(value >>> feature.bit & 1).as(vendor.keyword()).isEqualTo(feature.belongsTo(vendor) ? 1 : 0);
        }
    }

    @ParameterizedTest(name = "{0}: {1}, family and model {2}")
    @CsvSource({"INTEL, GenuineIntel, 0x606a6", "AMD, AuthenticAMD, 0xa00f11"})
    void the_vendor_is_the_one_whose_rules_apply(Vendor vendor, String name, String signature) {
        long[] gpr = cpuid(vendor, 0, 0);
        ByteBuffer text = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        text.putInt((int) gpr[Gpr.RBX]).putInt((int) gpr[Gpr.RDX]).putInt((int) gpr[Gpr.RCX]);

        assertThat(new String(text.array(), StandardCharsets.US_ASCII)).isEqualTo(name);
        assertThat(cpuid(vendor, 1, 0)[Gpr.RAX]).isEqualTo(Long.decode(signature));
        assertThat(cpuid(vendor, 0x8000_0001L, 0)[Gpr.RAX])
                .isEqualTo(vendor == Vendor.AMD ? Long.decode(signature) : 0);
    }

    @Test
    void the_brand_string_tells_what_it_is() {
        StringBuilder brand = new StringBuilder();
        for (long leaf = 0x8000_0002L; leaf <= 0x8000_0004L; leaf++) {
            long[] gpr = cpuid(Vendor.INTEL, leaf, 0);
            for (int register : new int[] {Gpr.RAX, Gpr.RBX, Gpr.RCX, Gpr.RDX}) {
                for (int shift = 0; shift < 32 && (gpr[register] >>> shift & 0xff) != 0; shift += 8) {
                    brand.append((char) (gpr[register] >>> shift & 0xff));
                }
            }
        }

        assertThat(brand).hasToString("nmi64 cycle-level x86-64 emulator");
    }

    /** APM vol. 3, E.4.2: most of leaf 1, EDX, is in leaf 80000001h again. */
    @Test
    void amd_repeats_the_features_of_leaf_1() {
        long basic = cpuid(Vendor.AMD, 1, 0)[Gpr.RDX];
        assertThat(cpuid(Vendor.AMD, 0x8000_0001L, 0)[Gpr.RDX] & 0x0183_f3ff).isEqualTo(basic & 0x0183_f3ff);
        assertThat(cpuid(Vendor.INTEL, 0x8000_0001L, 0)[Gpr.RDX] & 0x0183_f3ff).isZero();
    }

    @Test
    void intel_reports_syscall_in_64_bit_mode_only() {
        for (Vendor vendor : Vendor.values()) {
            SystemMachine machine = new SystemMachine(rules(vendor)).kernel32().code("0fa2");
            machine.set(Gpr.RAX, 0x8000_0001L);

            assertThat(machine.succeed().state.gpr[Gpr.RDX] >>> 11 & 1).isEqualTo(vendor == Vendor.AMD ? 1 : 0);
        }
    }

    /** A bit of CR4 without its feature is reserved. */
    @Test
    void cr4_takes_exactly_the_bits_of_reported_features() {
        long expected = Control.CR4_PCE;
        for (long bits : CONTROLS.values()) {
            expected |= bits;
        }
        for (int bit = 0; bit < 64; bit++) {
            SystemMachine machine = new SystemMachine().code("0f22e0"); // MOV CR4, RAX
            machine.set(Gpr.RAX, Control.CR4_PAE | 1L << bit);

            assertThat(machine.event()).as("bit %d", bit).isEqualTo((expected >>> bit & 1) != 0 ? "ok" : "#GP(0x0)");
        }
    }

    /** PAT can be written, EFER.NXE set; the paging tests show that XD and pages of 1 GiB work. */
    @ParameterizedTest(name = "MSR {0}")
    @CsvSource({"0x277, 0x07060100, 0x00070501", "0xc0000080, 0x00000d01, 0"})
    void the_registers_of_features_can_be_written(String number, String low, String high) {
        SystemMachine machine = new SystemMachine().code("0f30 0f32");
        machine.set(Gpr.RCX, Long.decode(number));
        machine.set(Gpr.RAX, Long.decode(low));
        machine.set(Gpr.RDX, Long.decode(high));
        machine.succeed().succeed();

        assertThat(machine.reg(Gpr.RAX)).isEqualTo(Long.decode(low));
        assertThat(machine.reg(Gpr.RDX)).isEqualTo(Long.decode(high));
    }
}
