package io.github.nmi64.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.op.SingleInstruction;
import io.github.nmi64.state.Rflags;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The reducer against emulators that are wrong on purpose. */
class ReducerTest {
    private final SingleInstruction right = new SingleInstruction();
    private final SingleInstruction wrong = new SingleInstruction();

    /** Says CF is clear wherever it is set. */
    private List<String> loseCarry(CpuCase request) {
        CpuOutcome outcome = wrong.run(request);
        outcome.rflags &= ~Rflags.CF;
        return right.run(request).differences(outcome, 0);
    }

    /** Forgets what a store put into byte 100 of the window if it is not zero. */
    private List<String> loseByte(CpuCase request) {
        CpuOutcome outcome = wrong.run(request);
        if (outcome.window.length > 100) {
            outcome.window[100] = 0;
        }
        return right.run(request).differences(outcome, 0);
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

        assertThat(loseCarry(reduced)).anyMatch(line -> line.startsWith("rflags: "));
        assertThat(reduced.code.length).as(reduced.toString()).isLessThanOrEqualTo(2);
        assertThat(reduced.window).isEmpty();
        long bits = Arrays.stream(reduced.gpr).map(Long::bitCount).sum();
        assertThat(bits).as(reduced.toString()).isLessThanOrEqualTo(2);
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

        assertThat(text).isEqualTo("""
                code f9 at +0x0, rflags 0x2, flags 0
                  rflags: host 0x1, emulator 0x0
                """);
    }

    @Test
    void a_case_that_does_not_differ_stays_as_it_is() throws Exception {
        CpuCase request = random(0x90);

        assertThat(Reducer.reduce(request, ignored -> List.of())).hasToString(request.toString());
    }
}
