package io.github.nmi64.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names of processors: features joined by plus and minus, by the kernel's own names. */
class CpuModelTest {
    private static final int INVERTED = 1;
    private static final int ALWAYS = 3 * 32 + 21;
    private static final int KERNEL_IBRS = 7 * 32 + 12;

    private final KernelImage kernel = new BootableKernel(true).image();

    @Test
    void generic_is_the_image_as_it_is() {
        assertThat(CpuModel.parse("generic", kernel).isBooted()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "plain,             false, false",
        "pti,               true,  false",
        "+pti,              true,  false",
        "pti+fsgsbase,      true,  true",
        "plain+pti,         true,  false",
        "pti+fsgsbase-pti,  false, true",
        "pti-pti+pti,       true,  false"
    })
    void features_are_added_and_taken_away_from_left_to_right(String text, boolean pti, boolean fsgsbase) {
        CpuModel model = CpuModel.parse(text, kernel);

        assertThat(model.isBooted()).isTrue();
        assertThat(model.has(BootableKernel.PTI)).isEqualTo(pti);
        assertThat(model.has(BootableKernel.FSGSBASE)).isEqualTo(fsgsbase);
        assertThat(model.has(ALWAYS)).isTrue();
        assertThat(model).hasToString(text);
    }

    @Test
    void features_the_kernel_does_not_print_have_names_too() {
        assertThat(CpuModel.parse("kernel_ibrs", kernel).has(KERNEL_IBRS)).isTrue();
        assertThat(CpuModel.parse("its", kernel).has(22 * 32)).isTrue();
    }

    /** Wherever a kernel has put its number: up to some version the jump over the VERW goes with it, later the VERW comes. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "eb 07 0f 00 2d 00 00 00 00, 2, '',                   363, 66 90 0f 00 2d",
        "90 90 90 90 90 90 90,       7, 0f 00 2c 25 00 01 02 03, 114, 0f 00 2c 25 00"
    })
    void the_feature_that_asks_for_verw_is_found_by_its_alternative(
            String code, int length, String replacement, int number, String expected) {
        KernelImage image = new BootableKernel(true)
                .code(0, code)
                .alternative(0x20, 2, "", 11 * 32 + 27, INVERTED)
                .alternative(0, Math.max(length, replacement.length() / 3 + 1), replacement, number, 0)
                .image();

        assertThat(CpuModel.parse("clear_cpu_buf", image).has(number)).isTrue();
        assertThat(BootableKernel.booted(image, "clear_cpu_buf", 0, 5)).isEqualTo(expected);
    }

    /** 6.12 has the VERW at the number that was lfence_rdtsc, which is then no name of it. */
    @Test
    void a_number_has_one_name() {
        KernelImage image = new BootableKernel(true)
                .code(0, "90 90 90 90 90 90 90 90")
                .alternative(0, 8, "0f 00 2c 25 00 01 02 03", 3 * 32 + 18, 0)
                .image();

        assertThat(image.featureName(3 * 32 + 18)).isEqualTo("clear_cpu_buf");
        assertThatIllegalArgumentException().isThrownBy(() -> CpuModel.parse("lfence_rdtsc", image));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "fsgsbas | processor 'fsgsbas': the kernel knows no feature 'fsgsbas' (did you mean 'fsgsbase'?)",
                "generc  | processor 'generc': the kernel knows no feature 'generc' (did you mean 'generic'?)",
                "pti+    | processor 'pti+': the kernel knows no feature ''",
                "pti++smap | processor 'pti++smap': the kernel knows no feature ''",
                "generic+pti | processor 'generic+pti': 'generic' is the image as it is, 'plain' a processor to add to"
            })
    void what_the_kernel_does_not_know_is_refused(String text, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CpuModel.parse(text, kernel))
                .withMessage(message);
    }
}
