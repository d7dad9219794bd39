package io.github.nmi64.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Opcode;
import io.github.nmi64.op.InstructionSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableCostsTest {
    private static final TableCosts TABLE = TableCosts.bundled();
    private static final String PARAMETERS = "= load 4\n= store 1\n= lock 12\n= delivery 60\n= stack-switch 20\n";

    private static Set<String> mnemonics() {
        return InstructionSet.operations().stream().map(Opcode::mnemonic).collect(Collectors.toSet());
    }

    @Test
    void every_mnemonic_has_a_row() {
        assertThat(TABLE.rows()).containsAll(mnemonics());
    }

    @Test
    void no_row_names_an_unknown_mnemonic() {
        assertThat(TABLE.rows())
                .extracting(row -> row.replaceAll(":.*", ""))
                .allSatisfy(mnemonic -> assertThat(mnemonics()).contains(mnemonic));
    }

    /** Base, load 4, store 1, lock 12. */
    @ParameterizedTest
    @CsvSource({
        "48 01 c8,             1, 'add %rcx,%rax'",
        "48 03 01,             5, 'add (%rcx),%rax: read'",
        "48 01 01,             6, 'add %rax,(%rcx): read and written'",
        "f0 48 01 01,         18, 'lock add %rax,(%rcx)'",
        "48 39 01,             5, 'cmp %rax,(%rcx): read only'",
        "48 89 01,             2, 'mov %rax,(%rcx): written only'",
        "48 8b 01,             5, 'mov (%rcx),%rax'",
        "48 8d 01,             1, 'lea (%rcx),%rax: not accessed'",
        "0f 1f 00,             1, 'nopl (%rax): not accessed'",
        "48 87 c8,             2, 'xchg %rcx,%rax'",
        "48 87 01,            19, 'xchg %rax,(%rcx): locked without a prefix'",
        "50,                   2, 'push %rax'",
        "ff 30,                6, 'push (%rax)'",
        "58,                   5, 'pop %rax'",
        "8f 00,                6, 'pop (%rax)'",
        "c3,                   7, 'ret'",
        "e8 00 00 00 00,       3, 'call'",
        "ff 10,                7, 'call *(%rax)'",
        "f3 48 a5,             6, 'rep movsq: one iteration'",
        "48 f7 f1,            76, 'div %rcx'",
    })
    void cost_is_the_sum_of_what_an_instruction_does(String bytes, int cycles, String text) {
        assertThat(TABLE.instruction(decode(bytes))).as(text).isEqualTo(cycles);
    }

    private static Instruction decode(String bytes) {
        byte[] code = HexFormat.of().parseHex(bytes.replace(" ", ""));
        return Decoder.decode(InstructionSet.map(), code, 0, code.length, CodeMode.LONG64);
    }

    @Test
    void delivery_costs_more_with_a_stack_switch() {
        assertThat(TABLE.delivery(false)).isEqualTo(60);
        assertThat(TABLE.delivery(true)).isEqualTo(80);
    }

    @Test
    void a_form_with_a_special_register_can_have_a_row_of_its_own() {
        TableCosts costs = TableCosts.parse("test", PARAMETERS + "1 w - mov\n9 w - mov:segment\n");

        assertThat(costs.instruction(decode("8e d8"))).isEqualTo(9); // mov %eax,%ds
        assertThat(costs.instruction(decode("89 d8"))).isEqualTo(1);
    }

    @Test
    void a_mnemonic_without_a_row_is_an_error() {
        TableCosts costs = TableCosts.parse("test", PARAMETERS + "1 w - mov\n");

        assertThatThrownBy(() -> costs.instruction(decode("90"))).hasMessageContaining("no row for nop");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0 m - add",
                "x m - add",
                "99999999 m - add",
                "1 q - add",
                "1 m z add",
                "1 m -",
                "1 m - *",
                "1 m - ADD",
                "1 m - add:fpu",
                "1 m - add add",
                "never",
                "= load",
                "= load 4",
                "= cache 4",
            })
    void a_malformed_line_is_reported_with_its_number_and_text(String line) {
        assertThatThrownBy(() -> TableCosts.parse("costs", PARAMETERS + "# comment\n" + line + "\n1 r - cmp\n"))
                .isInstanceOf(CostTableException.class)
                .hasMessageStartingWith("costs:7: '" + line + "': expected ")
                .extracting(thrown -> ((CostTableException) thrown).line())
                .isEqualTo(7);
    }

    @Test
    void a_missing_parameter_is_reported() {
        assertThatThrownBy(() -> TableCosts.parse("costs", PARAMETERS.replace("= lock 12\n", "")))
                .isInstanceOf(CostTableException.class)
                .hasMessageContaining("expected a line '= lock CYCLES' somewhere");
    }

    @Test
    void models_are_called_as_on_the_command_line() {
        assertThat(CostModel.UNIT).hasToString("unit");
        assertThat(TABLE).isSameAs(TableCosts.bundled()).hasToString("table");
    }
}
