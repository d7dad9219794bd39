package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Unsupported;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Control;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the instructions of {@link FloatingPoint} do under every combination of CR0.EM, MP and TS, and of the bit of CR4
 * that enables their state: the tables 2-2, 12-1 and 13-1 of SDM vol. 3.
 */
class FloatingPointTest {
    private static final String[] X87 = {"d9 00", "d9 c9", "d8 c1", "db e3", "df e0", "dd 20"};
    private static final String[] MMX = {"0f 77", "0f ef c0", "0f 6f 00", "0f 38 00 c1", "0f 71 f0 04"};
    private static final String[] SSE = {
        "0f 58 c1", "66 0f ef c0", "f3 0f 6f 00", "0f ae 10", "66 0f 38 dc c1", "0f ae 18"
    };
    private static final String[] FXSAVE = {"0f ae 00", "48 0f ae 00", "0f ae 08"};
    private static final String[] XSAVE = {"0f ae 20", "0f ae 28", "0f ae 30", "0f c7 18", "0f c7 20", "0f c7 28"};

    /** EM, MP, TS in bits 2, 1, 0 choose the entry; n is #NM, u is #UD, - is neither. */
    static List<Arguments> truth() {
        List<Arguments> rows = new ArrayList<>();
        for (long cr4 : new long[] {0, Control.CR4_OSFXSR, Control.CR4_OSFXSR | Control.CR4_OSXSAVE}) {
            boolean fast = (cr4 & Control.CR4_OSFXSR) != 0;
            boolean extended = (cr4 & Control.CR4_OSXSAVE) != 0;
            add(rows, "x87 floating point", "-n-nnnnn", cr4, X87);
            add(rows, "", "---n---n", cr4, "9b");
            add(rows, "MMX", "-n-nuuuu", cr4, MMX);
            add(rows, "SSE", fast ? "-n-nuuuu" : "uuuuuuuu", cr4, SSE);
            add(rows, "FXSAVE and FXRSTOR", "-n-nnnnn", cr4, FXSAVE);
            add(rows, "XSAVE", extended ? "-n-n-n-n" : "uuuuuuuu", cr4, XSAVE);
        }
        return rows;
    }

    private static void add(List<Arguments> rows, String facility, String expected, long cr4, String... codes) {
        for (String code : codes) {
            rows.add(Arguments.of(code, facility, expected, cr4));
        }
    }

    @ParameterizedTest(name = "{0}, CR4 {3}")
    @MethodSource("truth")
    void raises_or_refuses_by_the_control_registers(String code, String facility, String expected, long cr4) {
        for (int flags = 0; flags < 8; flags++) {
            BareCore bare = new BareCore();
            bare.state.cr4 |= cr4;
            bare.state.cr0 |= ((flags & 4) != 0 ? Control.CR0_EM : 0)
                    | ((flags & 2) != 0 ? Control.CR0_MP : 0)
                    | ((flags & 1) != 0 ? Control.CR0_TS : 0);

            String outcome = outcome(bare, code);

            String wanted =
                    switch (expected.charAt(flags)) {
                        case 'n' -> "#NM";
                        case 'u' -> "#UD";
                        default -> facility;
                    };
            assertThat(outcome)
                    .as("EM MP TS = %3s", Integer.toBinaryString(flags))
                    .isEqualTo(wanted);
            if (!wanted.isEmpty()) {
                assertThat(bare.core.retired).isZero();
            }
        }
    }

    /** The exception, the facility that is not supported, or nothing if the instruction executed. */
    private static String outcome(BareCore bare, String code) {
        try {
            Fault fault = bare.step(BareCore.bytes(code));
            return fault == null ? "" : Vector.name(fault.vector());
        } catch (Unsupported unsupported) {
            return String.valueOf(unsupported.getMessage());
        }
    }
}
