package io.github.nmi64.cli;

import static org.assertj.core.api.Assertions.assertThat;

/** What a run of the program left behind. */
record Ended(int exitCode, String out, String err) {
    Ended with(ExitCode expected) {
        assertThat(exitCode).as("exit code; out: %s; err: %s", out, err).isEqualTo(expected.number());
        return this;
    }

    /** Refused with one line that mentions all of this, and nothing on standard output. */
    void refused(ExitCode expected, String... mentioned) {
        with(expected);
        assertThat(out).isEmpty();
        assertThat(err).startsWith("nmi64").endsWith("\n").contains(mentioned).doesNotContain("\tat ");
        assertThat(err.lines()).hasSize(1);
    }

    String lastLine() {
        return out.substring(out.lastIndexOf('\n', out.length() - 2) + 1);
    }
}
