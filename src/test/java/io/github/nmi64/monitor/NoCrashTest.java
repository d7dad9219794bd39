package io.github.nmi64.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.trace.EventType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code no-crash}: no double fault, no shutdown, no exception whose handler nobody expects. */
class NoCrashTest extends WatchedHandler {
    @ParameterizedTest(name = "vector {0} to {1}: {2}")
    @CsvSource({
        "8, 0x4000, no-crash #DF",
        "13, 0x5000, no-crash #GP",
        "13, 0x50ff, no-crash #GP",
        "13, 0x5100, ",
        "13, 0x4000, ",
        "3, 0x4000, "
    })
    void exceptions_nobody_asked_for(int vector, String handler, String expected) {
        deliver(EventType.HARDWARE_EXCEPTION, vector, 0, Long.decode(handler), TASK_TOP - 0x40);

        assertThat(found()).isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    @Test
    void a_shutdown_is_a_crash() {
        monitor.shutdown(state, "a fault in the double-fault handler", 0, 0);

        assertThat(found()).containsExactly("no-crash shutdown");
    }
}
