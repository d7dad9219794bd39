package io.github.nmi64.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.op.SingleInstruction;
import io.github.nmi64.state.Rflags;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The reducer against emulators that are wrong on purpose. */
class ReducerTest {
    private final SingleInstruction right = new SingleInstruction();
    private final SingleInstruction wrong = new SingleInstruction();

    /** Says CF is clear wherever it is set. */
    private Comparison loseCarry(CpuCase request) {
        CpuOutcome outcome = wrong.run(request);
        outcome.rflags &= ~Rflags.CF;
        return Comparison.of(request, right.run(request), outcome);
    }

    /** Forgets what a store put into byte 100 of the window if it is not zero. */
    private Comparison loseByte(CpuCase request) {
        CpuOutcome outcome = wrong.run(request);
        if (outcome.window.length > 100) {
            outcome.window[100] = 0;
        }
        return Comparison.of(request, right.run(request), outcome);
    }

    private static CpuCase random(int... code) {
        SplittableRandom random = new SplittableRandom(1);
        CpuCase request = new CpuCase();
        request.code = new byte[15];
        random.nextBytes(request.code);
        for (int i = 0; i < code.length; i++) {
            request.code[i] = (byte) code[i];
        }
        for (int i = 0; i < Gpr.COUNT; i++) {
            request.gpr[i] = random.nextLong();
        }
        request.rflags = Rflags.STATUS | Rflags.DF | Rflags.FIXED;
        request.window = new byte[CpuCase.MAX_WINDOW];
        random.nextBytes(request.window);
        request.windowAddress = CpuCase.DATA + 64;
        return request;
    }

    @Test
    void only_what_makes_the_difference_is_left() throws Exception {
        CpuCase addition = random(0x3e, 0x4d, 0x01, 0xc8); // ds add r8, r9
        addition.gpr[Gpr.RCX + 8] = -1;

        CpuCase reduced = Reducer.reduce(addition, this::loseCarry);

        assertThat(loseCarry(reduced).fields()).containsExactly("rflags.CF");
        assertThat(reduced.code.length).as(reduced.toString()).isLessThanOrEqualTo(2);
        assertThat(reduced.window).isEmpty();
        assertThat(Arrays.stream(reduced.gpr).filter(value -> value != 0))
                .as(reduced.toString())
                .hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void memory_that_matters_stays() throws Exception {
        CpuCase store = random(0x90); // nothing: what is lost was there before
        store.window[100] = (byte) 0xff;

        CpuCase reduced = Reducer.reduce(store, this::loseByte);

        assertThat(reduced.window).hasSize(CpuCase.MAX_WINDOW);
        assertThat(reduced.window[100]).isNotZero();
        reduced.window[100] = 0;
        assertThat(reduced.window).containsOnly(0);
        assertThat(reduced.gpr).containsOnly(0);
        assertThat(reduced.code).hasSize(1);
    }

    @Test
    void the_text_shows_what_matters_and_both_outcomes() throws Exception {
        CpuCase carry = random(0xf9); // stc

        String text = Reducer.text(carry, this::loseCarry);

        assertThat(text).startsWith("""
                stc: [rflags.CF]
                reduced: code f9 at +0x0, rflags 0x2, flags 0
                  rflags: host 0x1, emulator 0x0
                  host ran, RIP 0x10000001, CR2 0x0
                  emulator ran, RIP 0x10000001, CR2 0x0
                as drawn: code f9 """).contains("rax 0x" + Long.toHexString(carry.gpr[Gpr.RAX]));
    }

    @Test
    void a_case_that_does_not_differ_stays_as_it_is() throws Exception {
        CpuCase request = random(0x90);

        assertThat(Reducer.reduce(request, this::alike)).hasToString(request.toString());
    }

    private Comparison alike(CpuCase request) {
        return Comparison.of(request, right.run(request), wrong.run(request));
    }

    /** ADC that loses CF where it is set and PF where it is not, MOV that loses a bit of its result. */
    private Comparison loseMany(CpuCase request) {
        CpuOutcome outcome = wrong.run(request);
        String mnemonic = Comparison.mnemonic(request);
        if (mnemonic.equals("mov")) {
            outcome.gpr[Gpr.RBX] ^= 1;
        } else if (mnemonic.equals("adc")) {
            outcome.rflags ^= (outcome.rflags & Rflags.CF) != 0 ? Rflags.CF : Rflags.PF;
        } else {
            outcome.rflags ^= Rflags.ZF;
        }
        return Comparison.of(request, right.run(request), outcome);
    }

    @Test
    void a_difference_stays_the_one_it_was() throws Exception {
        CpuCase addition = random(0x66, 0x49, 0x11, 0xc8); // adc r8, rcx
        addition.gpr[Gpr.RCX] = -1;
        addition.rflags |= Rflags.CF;

        CpuCase reduced = Reducer.reduce(addition, this::loseMany);

        assertThat(Comparison.mnemonic(reduced)).isEqualTo("adc");
        assertThat(loseMany(reduced).fields()).containsExactly("rflags.CF");
    }

    /** A load that reports the wrong address of a page fault, beside a general protection fault it reports as a page fault. */
    private Comparison confuseFaults(CpuCase request) {
        CpuOutcome outcome = wrong.run(request);
        if (outcome.faulted() && outcome.vector == Vector.PF) {
            outcome.cr2 ^= 0x10;
        } else if (outcome.faulted()) {
            outcome.vector = Vector.PF;
            outcome.cr2 = -1;
        }
        return Comparison.of(request, right.run(request), outcome);
    }

    @Test
    void a_fault_stays_the_fault_it_was_and_its_address_is_told() throws Exception {
        CpuCase load = random(0x8b, 0x03); // mov eax, [rbx]
        load.gpr[Gpr.RBX] = 1L << 63;

        CpuCase reduced = Reducer.reduce(load, this::confuseFaults);

        assertThat(right.run(reduced).vector).isEqualTo(Vector.GP);
        assertThat(reduced.gpr[Gpr.RBX]).isEqualTo(1L << 63);
        assertThat(Reducer.text(load, this::confuseFaults))
                .contains("host #GP(0x0), RIP 0x10000000, CR2 0x0")
                .contains("emulator #PF(0x0), RIP 0x10000000, CR2 0xffffffffffffffff");
    }
}
