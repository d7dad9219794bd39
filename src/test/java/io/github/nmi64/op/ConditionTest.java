package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.state.Rflags;
import java.util.List;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;

/** Every condition with every combination of flags, against the manual's wording (SDM vol. 1, appendix B). */
class ConditionTest {
    private static final List<LongPredicate> MEANINGS = List.of(
            flags -> overflow(flags),
            flags -> !overflow(flags),
            flags -> carry(flags),
            flags -> !carry(flags),
            flags -> zero(flags),
            flags -> !zero(flags),
            flags -> carry(flags) || zero(flags),
            flags -> !carry(flags) && !zero(flags),
            flags -> sign(flags),
            flags -> !sign(flags),
            flags -> (flags & Rflags.PF) != 0,
            flags -> (flags & Rflags.PF) == 0,
            flags -> sign(flags) != overflow(flags),
            flags -> sign(flags) == overflow(flags),
            flags -> zero(flags) || sign(flags) != overflow(flags),
            flags -> !zero(flags) && sign(flags) == overflow(flags));

    @Test
    void a_condition_means_what_the_manual_says() {
        for (int condition = 0; condition < Condition.COUNT; condition++) {
            for (long flags = 0; flags < 1 << 12; flags++) {
                assertThat(Condition.holds(condition, flags | Rflags.FIXED))
                        .as("%s with RFLAGS %x", Condition.NAMES.get(condition), flags)
                        .isEqualTo(MEANINGS.get(condition).test(flags));
            }
        }
    }

    private static boolean carry(long flags) {
        return (flags & Rflags.CF) != 0;
    }

    private static boolean zero(long flags) {
        return (flags & Rflags.ZF) != 0;
    }

    private static boolean sign(long flags) {
        return (flags & Rflags.SF) != 0;
    }

    private static boolean overflow(long flags) {
        return (flags & Rflags.OF) != 0;
    }
}
