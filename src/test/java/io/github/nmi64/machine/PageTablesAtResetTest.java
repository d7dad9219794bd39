package io.github.nmi64.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.timing.CostModel;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an image may ask of the page tables: aliases, physical addresses of choice, a second root for user mode. */
class PageTablesAtResetTest {
    private static final long CODE = 0xffff_ffff_8100_0000L;
    private static final long DATA = 0xffff_ffff_8200_0000L;
    private static final long USER = 0x40_0000;
    private static final long DIRECT_MAP = 0xffff_8880_0000_0000L;
    private static final long USER_ROOT = 0x1000;

    private static BootImage image() {
        return new BootImage(CODE)
                .segment(CODE, new byte[] {(byte) 0xf4}, 1)
                .segment(DATA, new byte[] {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x08}, 0x2000)
                .segment(USER, new byte[] {(byte) 0x90}, 0x1000);
    }

    private static Machine machine(BootImage image) {
        return new Machine(image, Rules.INTEL, CostModel.UNIT);
    }

    @Test
    void an_alias_is_the_same_memory() {
        Machine machine = machine(image().alias(DIRECT_MAP, DIRECT_MAP + 0x2000, DATA));

        assertThat(machine.peek(DIRECT_MAP)).hasValue(0x0877_6655_4433_2211L);
        assertThat(machine.translate(DIRECT_MAP + 0x1234)).isEqualTo(machine.translate(DATA + 0x1234));
        assertThat(machine.translate(DIRECT_MAP + 0x2000)).isEmpty();
    }

    @Test
    void a_store_through_an_alias_is_seen_under_the_other_address() {
        byte[] code = {0x48, (byte) 0x89, 0x03, 0x48, (byte) 0x8b, 0x0e, (byte) 0xf4
        }; // mov %rax,(%rbx); mov (%rsi),%rcx; hlt
        BootImage image = new BootImage(CODE)
                .segment(CODE, code, code.length)
                .segment(DATA, new byte[8], 8)
                .alias(DIRECT_MAP, DIRECT_MAP + 0x1000, DATA);
        Machine machine = machine(image);
        machine.state().gpr[Gpr.RAX] = 42;
        machine.state().gpr[Gpr.RBX] = DIRECT_MAP + 8;
        machine.state().gpr[Gpr.RSI] = DATA + 8;

        machine.run(2, Long.MAX_VALUE);

        assertThat(machine.state().gpr[Gpr.RCX]).isEqualTo(42);
    }

    @ParameterizedTest(name = "at {0}")
    @CsvSource({"0x1000000", "0x5000000"})
    void a_range_lies_at_the_physical_address_chosen_for_it(String chosen) {
        long physical = Long.decode(chosen);

        Machine machine = machine(image().physical(DATA, DATA + 0x2000, physical));

        assertThat(machine.translate(DATA + 0x1008)).hasValue(physical + 0x1008);
        assertThat(machine.peek(DATA)).hasValue(0x0877_6655_4433_2211L);
        assertThat(machine.translate(CODE)).isNotEqualTo(machine.translate(DATA));
    }

    @Test
    void the_root_of_the_user_lies_one_page_above_that_of_the_kernel_and_maps_only_what_it_is_told() {
        Machine machine = machine(image().user(USER, USER + 0x1000).userRoot(CODE, CODE + 1));
        OptionalLong code = machine.translate(CODE);
        OptionalLong user = machine.translate(USER);

        assertThat(machine.state().cr3 & 0x1fff).isZero();
        assertThat(machine.translate(DATA)).isPresent();

        machine.state().cr3 |= USER_ROOT;

        assertThat(machine.translate(CODE)).isEqualTo(code);
        assertThat(machine.translate(USER)).isEqualTo(user);
        assertThat(machine.translate(DATA)).isEmpty();
        assertThat(machine.translate(0x1000)).as("the low RAM").isEmpty();
    }

    @Test
    void without_such_a_wish_the_tables_are_where_they_were() {
        assertThat(machine(image()).state().cr3).isEqualTo((64L << 20) - 4096 - (64 << 10) - 4096);
    }

    @Test
    void what_cannot_be_is_refused() {
        refused(image().alias(DIRECT_MAP, DIRECT_MAP + 0x1000, DATA + 0x2000), "page 0xffffffff82002000 is not mapped");
        refused(image().alias(CODE, CODE + 0x1000, DATA), "page 0xffffffff81000000 is mapped already");
        refused(image().alias(DIRECT_MAP + 8, DIRECT_MAP + 0x1000, DATA), "is not the beginning of a page");
        refused(image().physical(DATA, DATA + 0x1000, 0x100_0010), "is not the beginning of a page");
        refused(image().physical(DATA, DATA + 0x1000, 1L << 40), "is above the RAM, which may have 1 GiB");
        refused(image().physical(DATA, DATA + 0x1000, -0x1000), "is above the RAM");
        refused(image().physical(USER, USER + 0x1000, 0x100_0000), "page 0x400000 has a physical address already");
        refused(
                image().physical(DATA, DATA + 0x1000, 0x100_0000).physical(DATA, DATA + 0x1000, 0x200_0000),
                "has a physical address already");
        refused(
                image().physical(DATA, DATA + 0x1000, USER),
                "pages 0xffffffff82000000 and 0x400000 would both be loaded at physical address 0x400000");
        refused(image().physical(DATA, DATA + 0x1000, (64 << 20) - 0x1000), "reaches into the machine's own tables");
        refused(image().userRoot(DIRECT_MAP, DIRECT_MAP + 1), "page 0xffff888000000000 is not mapped");
    }

    private static void refused(BootImage image, String problem) {
        assertThatThrownBy(() -> machine(image))
                .isInstanceOf(BootImageException.class)
                .hasMessageContaining(problem);
    }
}
