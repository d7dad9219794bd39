package io.github.nmi64.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RulesTest {
    private static Rules named(String... rules) {
        Map<String, String> named = new LinkedHashMap<>();
        for (String rule : rules) {
            List<String> parts = List.of(rule.split("=", -1));
            named.put(parts.get(0), parts.get(1));
        }
        return Rules.INTEL.with(named);
    }

    @Test
    @DisplayName("TP-060: a vendor brings its habits")
    void a_vendor_brings_its_habits() {
        assertThat(named("vendor=amd")).isEqualTo(Rules.AMD);
        assertThat(named("vendor=intel")).isEqualTo(Rules.INTEL);
        assertThat(Rules.AMD.with("vendor", "intel")).isEqualTo(Rules.INTEL);
    }

    @ParameterizedTest(name = "{0} {1}: {2}")
    @CsvSource({
        "vendor=amd, mov-ss-chains=false, false",
        "mov-ss-chains=false, vendor=amd, false",
        "mov-ss-chains=true, vendor=intel, true",
        "vendor=amd, ist-keeps-ss=false, true"
    })
    void what_is_named_beside_the_vendor_holds_in_any_order(String first, String second, boolean chains) {
        assertThat(named(first, second).movSsChains()).isEqualTo(chains);
    }

    @Test
    void the_same_vendor_again_changes_nothing() {
        Rules rules = named("mov-ss-chains=true");

        assertThat(rules.with("vendor", "intel")).isEqualTo(rules);
    }

    @Test
    void other_names_and_values_are_refused() {
        assertThatThrownBy(() -> named("vendor=via"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("rule vendor: expected one of intel, amd, found 'via'");
        assertThatThrownBy(() -> named("colour=red"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("unknown rule 'colour'");
    }
}
