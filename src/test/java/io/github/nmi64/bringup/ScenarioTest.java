package io.github.nmi64.bringup;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code WHO/HANDLER}. */
class ScenarioTest {
    @Test
    void every_victim_goes_with_every_bundled_handler() {
        for (Victim victim : Victim.values()) {
            for (String handler : Handler.BUNDLED) {
                Scenario scenario = new Scenario(victim, handler);

                assertThat(Scenario.parse(scenario.text())).contains(scenario);
            }
        }
        assertThat(new Scenario(Victim.SYSCALL_ON_NMI_STACK, "page-fault").text())
                .isEqualTo("syscall-on-nmi-stack/page-fault");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "user",
                "user/",
                "/int3",
                "user/int4",
                "nobody/int3",
                "user/int3/x",
                "USER/int3",
                "user/own.o"
            })
    void what_is_none_is_empty(String text) {
        assertThat(Scenario.parse(text)).isEmpty();
    }
}
