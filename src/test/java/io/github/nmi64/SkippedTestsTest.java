package io.github.nmi64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ServiceLoader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

class SkippedTestsTest {

    static class SomeLeftOut {
        @ParameterizedTest
        @ValueSource(ints = {1, 2, 3})
        void needs_a_tool(int ignored) {
            assumeTrue(ignored == 2, "no such tool");
        }

        @Test
        @Disabled("for a reason")
        void is_disabled() {}

        @Test
        void runs() {}
    }

    static class AllLeftOut {
        @BeforeAll
        static void needs_a_tool() {
            assumeTrue(false, "no such tool\nat all");
        }

        @Test
        void first() {}

        @Test
        void second() {}
    }

    static class NoneLeftOut {
        @Test
        void runs() {}
    }

    @Test
    void reasons_are_told_with_their_counts() {
        assertThat(told(SomeLeftOut.class, AllLeftOut.class, NoneLeftOut.class)).isEqualToNormalizingNewlines("""
                5 tests skipped:
                  1: for a reason
                  2: no such tool
                  2: no such tool at all
                """);
    }

    @Test
    void nothing_is_told_if_nothing_is_left_out() {
        assertThat(told(NoneLeftOut.class)).isEmpty();
    }

    @Test
    void every_run_has_the_listener() {
        assertThat(ServiceLoader.load(TestExecutionListener.class)).hasAtLeastOneElementOfType(SkippedTests.class);
    }

    private static String told(Class<?>... classes) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        LauncherConfig config = LauncherConfig.builder()
                .enableTestExecutionListenerAutoRegistration(false)
                .addTestExecutionListeners(new SkippedTests(new PrintStream(bytes, true, StandardCharsets.UTF_8)))
                .build();
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
        for (Class<?> each : classes) {
            request.selectors(selectClass(each));
        }
        LauncherFactory.create(config).execute(request.build());
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
