package io.github.nmi64.kernel;

import static io.github.nmi64.kernel.BootableKernel.CODE;
import static io.github.nmi64.kernel.BootableKernel.FSGSBASE;
import static io.github.nmi64.kernel.BootableKernel.PTI;
import static io.github.nmi64.kernel.BootableKernel.SMAP;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What booting makes of code, place by place. How a kernel does it was seen in the live text of two; see the manual's page about
 * kernels for the comparison.
 */
class BootPatchesTest {
    private static final int INVERTED = 1;
    private static final int CALL = 2;

    private static BootableKernel kernel(boolean modern) {
        return new BootableKernel(modern);
    }

    private static String relative(long from, long target, int bytes) {
        byte[] all = MiniatureKernel.little(4).putInt((int) (target - from)).array();
        return HexFormat.ofDelimiter(" ").formatHex(all, 0, bytes);
    }

    @ParameterizedTest(name = "modern: {0}")
    @ValueSource(booleans = {false, true})
    void a_kernel_that_nobody_boots_is_patched_nowhere(boolean modern) {
        KernelImage image = kernel(modern)
                .code(0, "90 90 90")
                .alternative(0, 3, "0f 01 ca", SMAP, INVERTED)
                .image();

        assertThat(BootPatches.of(image, CpuModel.parse("generic", image))).isEmpty();
    }

    @ParameterizedTest(name = "{0}, modern: {2}")
    @CsvSource({
        "smap,  0f 01 ca,       false",
        "smap,  0f 01 ca,       true",
        "plain, 0f 1f 00,       false",
        "plain, 0f 1f 00,       true"
    })
    void clac_takes_the_place_of_nops_where_there_is_smap_otherwise_they_become_one(
            String model, String expected, boolean modern) {
        BootableKernel kernel = kernel(modern).code(0, "90 90 90").alternative(0, 3, "0f 01 ca", SMAP, 0);

        assertThat(kernel.booted(model, 0, 3)).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0}, modern: {2}")
    @CsvSource({"pti,   eb 10, false", "pti,   eb 10, true", "plain, 66 90, false", "plain, 66 90, true"})
    void an_inverted_alternative_is_for_processors_without_the_feature(String model, String expected, boolean modern) {
        BootableKernel kernel = kernel(modern).code(0, "eb 10").alternative(0, 2, "", PTI, INVERTED);

        assertThat(kernel.booted(model, 0, 2)).isEqualTo(expected);
    }

    @Test
    void the_rest_of_a_replacement_becomes_the_longest_nops_the_kernel_has() {
        BootableKernel old = kernel(false).code(0, "00".repeat(20)).alternative(0, 20, "f9", SMAP, 0);
        BootableKernel modern = kernel(true).code(0, "00".repeat(12)).alternative(0, 12, "f9", SMAP, 0);

        assertThat(old.booted("smap", 0, 20)).isEqualTo("f9 0f 1f 84 00 00 00 00 00 0f 1f 84 00 00 00 00 00 0f 1f 00");
        assertThat(modern.booted("smap", 0, 12)).isEqualTo("f9 66 66 66 0f 1f 84 00 00 00 00 00");
    }

    @Test
    void a_modern_kernel_jumps_over_what_no_nop_fills() {
        BootableKernel kernel = kernel(true).code(0, "00".repeat(20)).alternative(0, 20, "f9", SMAP, 0);

        assertThat(kernel.booted("smap", 0, 20)).isEqualTo("f9 eb 11" + " cc".repeat(17));
    }

    /** An old kernel lengthens runs of 0x90 only. */
    @ParameterizedTest(name = "modern: {0}")
    @CsvSource({"false, f9 66 90 0f 1f 00 f9", "true, f9 0f 1f 44 00 00 f9"})
    void nops_become_longer_where_nothing_is_replaced(boolean modern, String expected) {
        BootableKernel kernel = kernel(modern).code(0, "f9 90 90 0f 1f 00 f9").alternative(0, 7, "f9", SMAP, 0);

        assertThat(kernel.booted("plain", 0, 7)).isEqualTo(expected);
    }

    @ParameterizedTest(name = "modern: {0}")
    @ValueSource(booleans = {false, true})
    void a_far_jump_and_a_call_go_where_they_were_linked_to(boolean modern) {
        BootableKernel kernel = kernel(modern).code(0, "90 90 90 90 90").code(8, "90 90 90 90 90");
        String target = relative(kernel.nextReplacement() + 5, CODE + 0x700, 4);
        kernel.alternative(0, 5, "e9" + target, SMAP, 0);
        target = relative(kernel.nextReplacement() + 5, CODE + 0x700, 4);
        kernel.alternative(8, 5, "e8" + target, SMAP, 0);

        assertThat(kernel.booted("smap", 0, 5)).isEqualTo("e9 " + relative(CODE + 5, CODE + 0x700, 4));
        assertThat(kernel.booted("smap", 8, 5)).isEqualTo("e8 " + relative(CODE + 13, CODE + 0x700, 4));
    }

    /** Before 6.3 only forwards. */
    @ParameterizedTest(name = "modern: {0}, to {1}")
    @CsvSource({
        "false, 64, eb 1e 0f 1f 00",
        "true,  64, eb 1e cc cc cc",
        "false, 16, e9 eb ff ff ff",
        "true,  16, eb ee cc cc cc"
    })
    void a_near_jump_becomes_a_short_one(boolean modern, int to, String expected) {
        BootableKernel kernel = kernel(modern).code(32, "90 90 90 90 90");
        kernel.alternative(32, 5, "e9" + relative(kernel.nextReplacement() + 5, CODE + to, 4), SMAP, 0);

        assertThat(kernel.booted("smap", 32, 5)).isEqualTo(expected);
    }

    @Test
    void a_modern_kernel_moves_every_instruction_of_a_replacement() {
        BootableKernel kernel = kernel(true).code(0, "90".repeat(24));
        long place = kernel.nextReplacement();
        kernel.alternative(
                0,
                24,
                "0f 00 2d" + relative(place + 7, CODE + 0x700, 4) // verw 0x700(%rip)
                        + "80 3d" + relative(place + 14, CODE + 0x708, 4) + "01" // cmpb $1, 0x708(%rip)
                        + "0f 84" + relative(place + 20, CODE + 0x600, 4) // je
                        + "74 02 f9 f9", // je within
                SMAP,
                0);

        assertThat(kernel.booted("smap", 0, 24))
                .isEqualTo("0f 00 2d " + relative(CODE + 7, CODE + 0x700, 4) + " 80 3d "
                        + relative(CODE + 14, CODE + 0x708, 4) + " 01 0f 84 "
                        + relative(CODE + 20, CODE + 0x600, 4) + " 74 02 f9 f9");
    }

    @ParameterizedTest(name = "{0}, modern: {2}")
    @CsvSource({
        "smap,          f8 0f 1f 40 00, false",
        "smap+fsgsbase, f5 0f 1f 40 00, false",
        "smap,          f8 0f 1f 40 00, true",
        "smap+fsgsbase, f5 0f 1f 40 00, true",
        "fsgsbase-smap, f5 0f 1f 40 00, true"
    })
    void of_several_alternatives_of_a_place_the_last_stands(String model, String expected, boolean modern) {
        BootableKernel kernel = kernel(modern)
                .code(0, "f9 90 90 90 90")
                .alternative(0, 5, "f8", SMAP, 0)
                .alternative(0, 5, "f5", FSGSBASE, 0);

        assertThat(kernel.booted(model, 0, 5)).isEqualTo(expected);
    }

    @Test
    void nested_alternatives_share_their_padding_in_a_modern_kernel() {
        BootableKernel kernel = kernel(true)
                .code(0, "f9 90 90 90 90")
                .alternative(0, 2, "f8", SMAP, 0)
                .alternative(0, 5, "f5", FSGSBASE, 0);

        assertThat(kernel.booted("smap", 0, 5)).isEqualTo("f8 0f 1f 40 00");
    }

    @ParameterizedTest(name = "pointer {0}")
    @ValueSource(ints = {0, 1})
    void an_indirect_call_becomes_one_of_what_it_calls(int pointer) {
        String old = "ff 15" + relative(CODE + 6, BootableKernel.POINTERS + 8L * pointer, 4);
        BootableKernel kernel = kernel(true).code(0, old).alternative(0, 6, "e8 00 00 00 00", 3 * 32 + 21, CALL);

        assertThat(kernel.booted("plain", 0, 6))
                .isEqualTo(
                        pointer == 0
                                ? "e8 " + relative(CODE + 5, BootableKernel.FUNCTION, 4) + " 90"
                                : "66 0f 1f 44 00 00");
    }

    @ParameterizedTest(name = "operation {0}")
    @ValueSource(ints = {0, 1})
    void an_old_kernel_has_a_table_of_such_calls(int operation) {
        BootableKernel kernel = kernel(false).code(0, "ff 15 00 00 00 00 90").paravirt(0, operation, 7);

        assertThat(kernel.booted("plain", 0, 7))
                .isEqualTo(
                        operation == 0
                                ? "e8 " + relative(CODE + 5, BootableKernel.FUNCTION, 4) + " 66 90"
                                : "0f 1f 80 00 00 00 00");
    }

    @Test
    void a_return_is_one_or_goes_through_the_thunk_the_processor_needs() {
        BootableKernel kernel = kernel(true)
                .code(0x10, "e9" + relative(CODE + 0x15, BootableKernel.RETURN_THUNK, 4))
                .code(0x30, "e9" + relative(CODE + 0x35, BootableKernel.RETURN_THUNK, 4))
                .site(".return_sites", 0x10)
                .site(".return_sites", 0x30);
        KernelImage image = kernel.image();

        assertThat(BootableKernel.booted(image, "plain", 0x10, 5)).isEqualTo("c3 cc cc cc cc");
        assertThat(BootableKernel.booted(image, "rethunk", 0x10, 5))
                .isEqualTo("e9 " + relative(CODE + 0x15, BootableKernel.RETURN_THUNK, 4));
        assertThat(BootableKernel.booted(image, "rethunk+unret", 0x10, 5))
                .isEqualTo("e9 " + relative(CODE + 0x15, BootableKernel.UNTRAINED_THUNK, 4));
        assertThat(BootableKernel.booted(image, "rethunk+its", 0x10, 5))
                .isEqualTo("e9 " + relative(CODE + 0x15, BootableKernel.ALIGNED_THUNK, 4));
        assertThat(BootableKernel.booted(image, "rethunk+its", 0x30, 5)).isEqualTo("c3 cc cc cc cc");
    }

    /** By way of RAX, R9 and, with a prefix that does nothing, RDX. */
    @Test
    void an_indirect_branch_keeps_its_retpoline_or_is_one_again() {
        BootableKernel kernel = kernel(true)
                .code(0x10, "e8" + relative(CODE + 0x15, BootableKernel.THUNKS, 4))
                .code(0x28, "e9" + relative(CODE + 0x2d, BootableKernel.THUNKS + 9 * 32, 4))
                .code(0x40, "2e e8" + relative(CODE + 0x46, BootableKernel.THUNKS + 2 * 32, 4))
                .code(0x50, "0f 84" + relative(CODE + 0x56, BootableKernel.THUNKS + 32, 4));
        for (int site : new int[] {0x10, 0x28, 0x40, 0x50}) {
            kernel.site(".retpoline_sites", site);
        }
        KernelImage image = kernel.image();

        assertThat(BootableKernel.booted(image, "retpoline", 0x10, 5))
                .isEqualTo("e8 " + relative(CODE + 0x15, BootableKernel.THUNKS, 4));
        assertThat(BootableKernel.booted(image, "plain", 0x10, 5)).isEqualTo("ff d0 0f 1f 00");
        assertThat(BootableKernel.booted(image, "plain", 0x28, 5)).isEqualTo("41 ff e1 cc 90");
        assertThat(BootableKernel.booted(image, "plain", 0x40, 6)).isEqualTo("ff d2 0f 1f 40 00");
        assertThat(BootableKernel.booted(image, "plain", 0x50, 6)).isEqualTo("75 04 ff e1 cc 90");
        assertThat(BootableKernel.booted(image, "retpoline+retpoline_lfence", 0x10, 5))
                .isEqualTo("0f ae e8 ff d0");
        assertThat(BootableKernel.booted(image, "rethunk+its", 0x10, 5))
                .isEqualTo("e8 " + relative(CODE + 0x15, BootableKernel.ALIGNED_BRANCH_THUNKS, 4));
        assertThat(BootableKernel.booted(image, "rethunk+its", 0x28, 5)).isEqualTo("41 ff e1 cc 90");
    }

    @Test
    void a_function_whose_address_nobody_takes_loses_its_endbr() {
        BootableKernel kernel = kernel(true).code(0, "f3 0f 1e fa").site(".ibt_endbr_seal", 0);

        assertThat(kernel.booted("plain", 0, 4)).isEqualTo("66 0f 1f 00");
    }

    /** Which nobody knew at build time, for it is one thing with four levels of page tables and another with five. */
    @Test
    void the_end_of_user_addresses_is_put_where_it_is_used() {
        BootableKernel kernel =
                kernel(true).code(0, "48 b8 ef cd ab 89 67 45 23 01").site("runtime_ptr_USER_PTR_MAX", 2);

        assertThat(kernel.booted("plain", 0, 10)).isEqualTo("48 b8 00 f0 ff ff ff 7f 00 00");
    }

    @Test
    void lock_prefixes_go_where_there_is_one_processor() {
        BootableKernel kernel = kernel(true).code(0, "f0 48 0f ba 28 00").site(".smp_locks", 0);

        assertThat(kernel.booted("plain", 0, 2)).isEqualTo("f0 48");
        assertThat(kernel.booted("up", 0, 2)).isEqualTo("3e 48");
    }

    @Test
    void a_patch_says_where_what_and_why() {
        KernelImage image = kernel(true)
                .code(0, "90 90 90")
                .alternative(0, 3, "0f 01 ca", SMAP, 0)
                .image();

        assertThat(BootPatches.of(image, CpuModel.parse("smap", image)))
                .singleElement()
                .hasToString("0xffffffff81300000 0f 01 ca with smap");
    }
}
