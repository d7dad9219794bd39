package io.github.nmi64.bringup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which defects an instruction can have. */
class MutantTest {
    private static final long PLACE = 0xffff_ffff_8100_0000L;

    private static List<String> mutants(String code) {
        return Mutant.of(HexFormat.of().parseHex(code), PLACE).stream()
                .map(mutant -> mutant.change() + ": " + mutant.code())
                .toList();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "swapgs | 0f01f8 | without swapgs: 909090",
                "cld | fc | without cld: 90",
                "je short | 7446 | without je: 9090; je turned around: 7546",
                "ja near | 0f8740000000 | without ja: 909090909090; ja turned around: 0f8640000000",
                "cmp 8(%rsp), %rdx | 483b542408 | without cmp: 9090909090; cmp one word further: 483b542410",
                "push 0x58(%rsp) | ff742458 | without push: 90909090; push one word further: ff742460",
                "cmpl $1, -8(%rsp) | 837c24f801 | without cmpl: 9090909090; cmpl with 0: 837c24f800",
                "push $1 | 6a01 | without push: 9090; push with 0: 6a00",
                "movq $1, 0x50(%rsp) | 48c744245001000000"
                        + " | without movq: 909090909090909090; movq with 0: 48c744245000000000",
                "mov $1, %ebx | bb01000000 | without mov: 9090909090; mov with 0: bb00000000",
                "mov 8(%rsp), %rax | 488b442408 | without mov: 9090909090",
                "nop | 90 | ''",
                "nop of three bytes | 0f1f00 | ''",
                "int3, which pads | cc | ''",
                "no instruction | 06 | ''"
            })
    void an_instruction_has_its_defects(String what, String code, String expected) {
        assertThat(String.join("; ", mutants(code))).as(what).isEqualTo(expected);
    }

    @Test
    void a_stretch_of_code_has_those_of_its_instructions_in_order() {
        List<Mutant> mutants = Mutant.of(HexFormat.of().parseHex("52fc900f01f8"), PLACE);

        assertThat(mutants).extracting(Mutant::change).containsExactly("without push", "without cld", "without swapgs");
        assertThat(mutants).extracting(Mutant::address).containsExactly(PLACE, PLACE + 1, PLACE + 3);
        assertThat(mutants.get(2).bytes()).containsExactly(0x90, 0x90, 0x90);
    }

    /** What changes nothing would count as a defect that nothing finds. */
    @Test
    void every_mutant_differs_from_the_instruction() {
        byte[] code = HexFormat.of().parseHex("bb0100000048c7442450010000006a01837c24f801ff7424f8483b542408");

        assertThat(Mutant.of(code, PLACE)).isNotEmpty().allSatisfy(mutant -> {
            int at = (int) (mutant.address() - PLACE);
            assertThat(mutant.bytes()).isNotEqualTo(java.util.Arrays.copyOfRange(code, at, at + mutant.bytes().length));
        });
    }
}
