package io.github.nmi64.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InjectionTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            nmi@cycle=0                            | nmi@cycle=0
            nmi@cycle=0x10                         | nmi@cycle=16
            mce@step=1000                          | mce@step=1000
            db@step=9223372036854775807            | db@step=9223372036854775807
            intr:16@step=0                         | intr:16@step=0
            intr:0xff@step=0                       | intr:255@step=0
            nmi@at=do_nmi                          | nmi@at=do_nmi,hit=1
            nmi@at=do_nmi+16                       | nmi@at=do_nmi+0x10,hit=1
            nmi@at=do_nmi+0x10,hit=2               | nmi@at=do_nmi+0x10,hit=2
            nmi@at=do_nmi+0                        | nmi@at=do_nmi,hit=1
            nmi@at=.Lrepeat$1,hit=3                | nmi@at=.Lrepeat$1,hit=3
            nmi@at=0xffffffff81000010              | nmi@at=0xffffffff81000010,hit=1
            nmi@at=0x00400000,hit=7                | nmi@at=0x400000,hit=7
            nmi@after=iretq                        | nmi@after=iretq,hit=1
            nmi@after=IRETQ,hit=0x2                | nmi@after=iretq,hit=2
            nmi@cycle=5,from=reset                 | nmi@cycle=5,from=reset
            nmi@step=5,from=reset                  | nmi@step=5,from=reset
            nmi@random=5,count=2,from=reset        | nmi@random=5,count=2,from=reset
            nmi@random=5,from=reset,count=2        | nmi@random=5,count=2,from=reset
            nmi@every=100,from=reset               | nmi@every=100,from=reset+100
            nmi@every=100,from=reset+0x10          | nmi@every=100,from=reset+16
            nmi@every=100                          | nmi@every=100,from=100
            nmi@every=100,from=0                   | nmi@every=100,from=0
            nmi@random=7,count=3                   | nmi@random=7,count=3
            nmi@random=-1,count=1                  | nmi@random=-1,count=1
            nmi@random=0xffffffffffffffff,count=1  | nmi@random=-1,count=1
            """)
    void text_is_read_and_printed_canonically(String text, String canonical) {
        assertThat(Injection.parse(text).text()).isEqualTo(canonical);
        assertThat(Injection.parse(canonical)).isEqualTo(Injection.parse(text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = true, quoteCharacter = '"', textBlock = """
            ""                        | KIND@WHEN, such as nmi@cycle=100
            nmi                       | KIND@WHEN, such as nmi@cycle=100
            @cycle=1                  | nmi, mce, db, int3, iret-fault or intr:VECTOR as KIND, found ''
            " @cycle=1"               | nmi, mce, db, int3, iret-fault or intr:VECTOR as KIND, found ' '
            NMI@cycle=1               | nmi, mce, db, int3, iret-fault or intr:VECTOR as KIND, found 'NMI'
            smi@cycle=1               | nmi, mce, db, int3, iret-fault or intr:VECTOR as KIND, found 'smi'
            intr@cycle=1              | nmi, mce, db, int3, iret-fault or intr:VECTOR as KIND, found 'intr'
            intr:@cycle=1             | VECTOR after 'intr:', a number from 16 to 255, found ''
            intr:15@cycle=1           | VECTOR after 'intr:', a number from 16 to 255, found '15'
            intr:256@cycle=1          | VECTOR after 'intr:', a number from 16 to 255, found '256'
            intr:4294967312@cycle=1   | VECTOR after 'intr:', a number from 16 to 255, found '4294967312'
            nmi@                      | cycle=, step=, at=, after=, every=, random= as WHEN, found ''
            nmi@now                   | cycle=, step=, at=, after=, every=, random= as WHEN, found 'now'
            nmi@steps=1               | cycle=, step=, at=, after=, every=, random= as WHEN, found 'steps=1'
            nmi@cycle                 | '=N[,from=reset]' after 'cycle'
            nmi@cycle=5,from=         | 'reset' after 'from=', found ''
            nmi@cycle=5,from=7        | 'reset' after 'from=', found '7'
            nmi@step=5,from=reset+1   | 'reset' after 'from=', found 'reset+1'
            nmi@every=5,from=reset+   | M after 'from=reset+', a number from 0 to 9223372036854775807, found ''
            nmi@every=5,from=reset1   | "N[,from=M|reset|reset+M] after 'every=', found ',from=reset1'"
            nmi@random=5,count=1,from=1 | 'reset' after 'from=', found '1'
            nmi@cycle=                | N[,from=reset] after 'cycle='
            nmi@cycle=-1              | N after 'cycle=', a number from 0 to 9223372036854775807, found '-1'
            nmi@cycle=9223372036854775808 | N after 'cycle=', a number from 0 to 9223372036854775807, found '9223372036854775808'
            nmi@cycle=5 x             | N after 'cycle=', a number from 0 to 9223372036854775807, found '5 x'
            nmi@cycle=5,              | N[,from=reset] after 'cycle=', found ','
            nmi@cycle=5,hit=1         | N[,from=reset] after 'cycle=', found ',hit=1'
            nmi@at=                   | SYMBOL[+OFF][,hit=K] after 'at='
            nmi@at=,hit=1             | SYMBOL[+OFF][,hit=K] after 'at='
            nmi@at=+1                 | SYMBOL[+OFF][,hit=K] after 'at=', found '+1'
            nmi@at=do nmi             | SYMBOL[+OFF][,hit=K] after 'at=', found 'do nmi'
            nmi@at=do_nmi@x           | SYMBOL[+OFF][,hit=K] after 'at=', found 'do_nmi@x'
            nmi@at=do_nmi+            | OFF after '+', a number from 0 to 9223372036854775807, found ''
            nmi@at=do_nmi+1+2         | OFF after '+', a number from 0 to 9223372036854775807, found '1+2'
            nmi@at=do_nmi-8           | SYMBOL[+OFF][,hit=K] after 'at=', found 'do_nmi-8'
            nmi@at=do_nmi,hit         | SYMBOL[+OFF][,hit=K] after 'at=', found ',hit'
            nmi@at=do_nmi,            | SYMBOL[+OFF][,hit=K] after 'at=', found ','
            nmi@at=do_nmi,hit=        | K after 'hit=', a number from 1 to 9223372036854775807, found ''
            nmi@at=do_nmi,hit=0       | K after 'hit=', a number from 1 to 9223372036854775807, found '0'
            nmi@at=do_nmi,hit=-3      | K after 'hit=', a number from 1 to 9223372036854775807, found '-3'
            nmi@at=do_nmi,hit=2junk   | K after 'hit=', a number from 1 to 9223372036854775807, found '2junk'
            nmi@at=do_nmi,hit=1,hit=2 | 'hit=' only once
            nmi@at=do_nmi,from=2      | SYMBOL[+OFF][,hit=K] after 'at=', found ',from=2'
            nmi@at=12                 | a symbol or a canonical address with 0x after 'at=', found '12'
            nmi@at=0x1000000000000    | a symbol or a canonical address with 0x after 'at=', found '0x1000000000000'
            nmi@at=0x                 | a symbol or a canonical address with 0x after 'at=', found '0x'
            nmi@after=                | MNEMONIC[,hit=K] after 'after='
            nmi@after=rep movsb       | MNEMONIC[,hit=K] after 'after=', found 'rep movsb'
            nmi@every=0               | N after 'every=', a number from 1 to 9223372036854775807, found '0'
            nmi@every=5,from=-1       | M after 'from=', a number from 0 to 9223372036854775807, found '-1'
            nmi@random=5              | SEED,count=N[,from=reset] after 'random=', found '5'
            nmi@random=x,count=1      | SEED,count=N[,from=reset] after 'random=', found 'x'
            nmi@random=5,count=0      | N after 'count=', a number from 1 to 1000000, found '0'
            nmi@random=5,count=1000001 | N after 'count=', a number from 1 to 1000000, found '1000001'
            """)
    void a_mistake_is_quoted_with_what_was_expected(String text, String expectation) {
        assertThatExceptionOfType(ScheduleSyntaxException.class)
                .isThrownBy(() -> Injection.parse(text))
                .withMessage("'" + text + "': expected " + expectation);
    }

    @Test
    void the_message_stays_one_line() {
        assertThatExceptionOfType(ScheduleSyntaxException.class)
                .isThrownBy(() -> Injection.parse("nmi@cycle=\n1\u001b[31m"))
                .withMessage("'nmi@cycle=?1?[31m': expected N after 'cycle=', a number from 0 to "
                        + "9223372036854775807, found '?1?[31m'");
    }

    @Test
    void a_when_and_a_kind_can_stand_alone() {
        assertThat(When.parse("step=3")).isEqualTo(new When.AtStep(3));
        assertThat(InjectedEvent.parse("intr:0x20")).isEqualTo(InjectedEvent.intr(32));
        assertThatExceptionOfType(ScheduleSyntaxException.class)
                .isThrownBy(() -> When.parse("at="))
                .withMessage("'at=': expected SYMBOL[+OFF][,hit=K] after 'at='");
    }

    @Test
    void every_kind_carries_the_vector_of_the_manual() {
        assertThat(InjectedEvent.DB.vector()).isEqualTo(1);
        assertThat(InjectedEvent.NMI.vector()).isEqualTo(2);
        assertThat(InjectedEvent.MCE.vector()).isEqualTo(18);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 2, 15, 256})
    void an_interrupt_cannot_use_other_vectors(int vector) {
        assertThatIllegalArgumentException().isThrownBy(() -> InjectedEvent.intr(vector));
    }

    @Test
    void values_outside_their_range_cannot_be_built() {
        assertThatIllegalArgumentException().isThrownBy(() -> new InjectedEvent(InjectedEvent.Kind.NMI, 3));
        assertThatIllegalArgumentException().isThrownBy(() -> new When.AtCycle(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new When.AtStep(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new When.AtSymbol("1x", 0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new When.AtSymbol("x", -1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new When.AtSymbol("x", 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new When.AtAddress(1L << 47, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new When.AtAddress(0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new When.After("Iretq", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new When.After("iretq", 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new When.Every(0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new When.Every(1, -1));
        assertThatIllegalArgumentException().isThrownBy(() -> new When.Seeded(0, 0));
    }
}
