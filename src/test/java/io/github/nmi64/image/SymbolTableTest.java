package io.github.nmi64.image;

import static io.github.nmi64.image.TinyElf.ABS;
import static io.github.nmi64.image.TinyElf.FUNC;
import static io.github.nmi64.image.TinyElf.GLOBAL;
import static io.github.nmi64.image.TinyElf.LOCAL;
import static io.github.nmi64.image.TinyElf.NOTYPE;
import static io.github.nmi64.image.TinyElf.TEXT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SymbolTableTest {

    private static final SymbolTable TABLE = ElfImage.read(
                    "symbols.elf",
                    TinyElf.withCode()
                            .segment(TEXT + 16, 6, new byte[0], 16)
                            .symbol("do_nmi", TEXT + 2, 4, GLOBAL, FUNC, 1)
                            .symbol("do_nmi_end", TEXT + 6)
                            .symbol("nmi_stack_top", TEXT + 32)
                            .symbol("KERNEL_CS", 0x10, 0, LOCAL, NOTYPE, ABS)
                            .symbol("imported", 0, 0, GLOBAL, NOTYPE, 0)
                            .bytes())
            .symbols();

    @ParameterizedTest
    @CsvSource({
        "do_nmi, 0xffffffff81000002",
        "do_nmi+0, 0xffffffff81000002",
        "do_nmi+0x10, 0xffffffff81000012",
        "do_nmi+16, 0xffffffff81000012",
        "KERNEL_CS, 0x10",
        "0x400000, 0x400000",
        "0xffffffffffffffff, 0xffffffffffffffff"
    })
    void a_place_resolves_to_its_address(String place, String address) {
        assertThat(Long.toHexString(TABLE.resolve(place))).isEqualTo(address.substring(2));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            do_nmj          | unknown symbol 'do_nmj' (did you mean 'do_nmi'?)
            do_nmj+0x10     | unknown symbol 'do_nmj' (did you mean 'do_nmi'?)
            something_else  | unknown symbol 'something_else'
            imported        | unknown symbol 'imported'
            ""              | unknown symbol ''
            x               | unknown symbol 'x'
            do_nmi+         | 'do_nmi+': expected SYMBOL, SYMBOL+OFF or 0xADDRESS, OFF being a number
            do_nmi+ten      | 'do_nmi+ten': expected SYMBOL, SYMBOL+OFF or 0xADDRESS, OFF being a number
            """)
    void an_unknown_place_is_named_with_the_nearest_symbol(String place, String message) {
        assertThatExceptionOfType(UnknownSymbolException.class)
                .isThrownBy(() -> TABLE.resolve(place))
                .withMessage(message);
    }

    @ParameterizedTest
    @CsvSource({
        "2, do_nmi",
        "3, do_nmi+0x1",
        "5, do_nmi+0x3",
        "6, do_nmi_end",
        "15, do_nmi_end+0x9",
        "32, nmi_stack_top"
    })
    void an_address_has_the_nearest_symbol_before_it(int offset, String text) {
        assertThat(TABLE.nearest(TEXT + offset)).map(SymbolTable.Place::text).contains(text);
    }

    @ParameterizedTest
    @CsvSource({"0xffffffff81000000", "0xffffffff81000010", "0xffffffff81000021", "0x10", "0x400000"})
    void no_symbol_speaks_for_another_segment_or_for_a_number(String address) {
        assertThat(TABLE.nearest(Long.parseUnsignedLong(address.substring(2), 16)))
                .isEmpty();
    }

    @Test
    void the_choice_between_names_of_one_address_does_not_depend_on_their_order() {
        var segments = ElfImage.read("code.elf", TinyElf.withCode().bytes()).segments();
        var aliases = new ArrayList<>(List.of(
                new Symbol("nmi", TEXT, 0, false, false, false),
                new Symbol("a", TEXT, 0, false, true, false),
                new Symbol("nmi_entry", TEXT, 0, true, true, false),
                new Symbol("nmi_begin", TEXT, 0, true, true, false),
                new Symbol("nmi_entry_long", TEXT, 0, true, true, false)));
        for (int seed = 0; seed < 50; seed++) {
            Collections.shuffle(aliases, new Random(seed));

            assertThat(new SymbolTable(aliases, segments).nearest(TEXT))
                    .map(SymbolTable.Place::text)
                    .contains("nmi_begin");
        }
    }

    @Test
    void of_two_symbols_with_one_name_the_global_one_is_meant_then_the_lower_one() {
        var local = new Symbol("loop", TEXT, 0, false, false, false);
        var lower = new Symbol("loop", TEXT + 1, 0, true, false, false);
        var upper = new Symbol("loop", TEXT + 2, 0, true, false, false);

        assertThat(new SymbolTable(List.of(local, upper, lower), List.of()).find("loop"))
                .contains(lower);
        assertThat(new SymbolTable(List.of(lower, upper, local), List.of()).find("loop"))
                .contains(lower);
        assertThat(new SymbolTable(List.of(), List.of()).find("loop")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "__irqentry_text_end, swapgs_restore_regs_and_return_to_usermode",
        "__entry_text_start, irq_entries",
        "_stext, a_long_name_of_a_function",
        "__start___ex_table, table_of_exceptions",
        "__end_rodata, something",
        "_end, something",
    })
    void the_mark_of_a_section_gives_way_to_any_other_name(String mark, String other) {
        SymbolTable table = new SymbolTable(
                List.of(
                        new Symbol(mark, TEXT, 0, true, true, false),
                        new Symbol(other, TEXT, 0, false, false, false),
                        new Symbol(mark + "_alone_end", TEXT + 8, 0, true, false, false)),
                List.of());

        assertThat(table.text(TEXT)).isEqualTo(other);
        assertThat(table.text(TEXT + 8)).isEqualTo(mark + "_alone_end");
    }

    @Test
    void labels_that_only_begin_or_end_something_are_no_marks() {
        SymbolTable table = new SymbolTable(
                List.of(
                        new Symbol("end_repeat_nmi", TEXT, 0, false, false, false),
                        new Symbol("a_longer_label_here", TEXT, 0, false, false, false)),
                List.of());

        assertThat(table.text(TEXT)).isEqualTo("end_repeat_nmi");
    }

    @Test
    void per_cpu_variables_are_found_by_their_offset_between_the_marks() {
        SymbolTable table = new SymbolTable(
                List.of(
                        absolute("__per_cpu_start", 0),
                        absolute("fixed_percpu_data", 0),
                        absolute("pcpu_hot", 0x40),
                        absolute("__per_cpu_end", 0x80),
                        absolute("KERNEL_CS", 0x100)),
                List.of());

        assertThat(table.perCpuVariable(0)).hasValue("fixed_percpu_data");
        assertThat(table.perCpuVariable(0x48)).hasValue("pcpu_hot+0x8");
        assertThat(table.perCpuVariable(0x80)).isEmpty();
        assertThat(table.perCpuVariable(0x100)).isEmpty();
        assertThat(table.perCpuVariable(-8)).isEmpty();
        assertThat(TABLE.perCpuVariable(0x10))
                .as("a number of an image that has no such area")
                .isEmpty();
    }

    private static Symbol absolute(String name, long value) {
        return new Symbol(name, value, 0, true, false, true);
    }
}
