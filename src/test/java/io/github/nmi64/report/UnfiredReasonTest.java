package io.github.nmi64.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.schedule.When;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnfiredReasonTest {
    private static final Fixture FIXTURE = new Fixtures(new Assembler(Map.of())).resolve("rfc/plain");

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    at=do_nmi       |
                    at=do_nmi+0x7   |
                    at=do_nmi+0x2   | ' (do_nmi+0x2 lies inside the instruction at do_nmi)'
                    at=nmi+0x3      | ' (nmi+0x3 lies inside the instruction at nmi+0x1)'
                    at=nmi_runs+0x1 |
                    at=0x1234       |
                    step=99999      |
                    """)
    void an_address_inside_an_instruction_is_told(String when, String reason) {
        assertThat(UnfiredReason.of(FIXTURE, When.parse(when))).isEqualTo(reason == null ? "" : reason);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    cycle=5              | ' (it counts from the window, which was never reached; '',from=reset'' counts from reset)'
                    random=5,count=1     | ' (it counts from the window, which was never reached; '',from=reset'' counts from reset)'
                    step=5,from=reset    |
                    at=do_nmi            |
                    """)
    void a_window_that_was_never_reached_is_told(String when, String reason) {
        assertThat(UnfiredReason.of(FIXTURE, When.parse(when), false)).isEqualTo(reason == null ? "" : reason);
    }
}
