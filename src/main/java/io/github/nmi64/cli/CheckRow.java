package io.github.nmi64.cli;

import java.util.Optional;

/**
 * One fixture among several.
 *
 * @param report what was found; empty if nothing could be explored
 * @param problem why not; empty if something was
 * @param code its share of the exit code
 */
record CheckRow(String name, Optional<CheckReport> report, String problem, ExitCode code) {

    static CheckRow of(CheckReport report) {
        return new CheckRow(report.fixture(), Optional.of(report), "", report.exitCode());
    }

    /** A fixture of a directory that has nothing to explore. */
    static CheckRow skipped(String name) {
        String why = "for 'nmi64 run' only: it has no directive 'arrivals'";
        return new CheckRow(name, Optional.empty(), why, ExitCode.OK);
    }

    static CheckRow failed(String name, ExitCode code, RuntimeException problem) {
        return new CheckRow(name, Optional.empty(), String.valueOf(problem.getMessage()), code);
    }

    boolean isSkipped() {
        return report.isEmpty() && code == ExitCode.OK;
    }

    /** {@code ok}, {@code FAILED}, {@code bounded}, {@code ERROR} or {@code skipped}. */
    String word() {
        if (isSkipped()) {
            return "skipped";
        }
        return switch (code) {
            case OK -> "ok";
            case VIOLATED -> "FAILED";
            case LIMIT -> "bounded";
            default -> "ERROR";
        };
    }

    /** The first line of a problem that may have more. */
    String shortProblem() {
        return problem.lines().findFirst().orElse("");
    }
}
