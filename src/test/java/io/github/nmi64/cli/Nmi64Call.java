package io.github.nmi64.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;

/**
 * Runs the program where the test runs, which costs a hundredth of a {@linkplain Nmi64Process process}: for what a command
 * reads, writes and answers. {@link ProcessTest} compares the two. A test needs a process where it is about the outside
 * of one: environment, streams, devices, signals, character sets, memory, the log, or an end that may never come.
 */
final class Nmi64Call {
    private static final Map<String, String> ENVIRONMENT = environment();

    private Nmi64Call() {}

    /** The tests' own, but for what a {@link Nmi64Process} is not given and the name it takes from its command line. */
    private static Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.remove("NMI64_DEBUG");
        environment.put("NMI64_CALLED_AS", "nmi64");
        return Map.copyOf(environment);
    }

    /** A run of the program with these arguments. */
    static Ended nmi64(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        Console console = Console.of(out, new PrintWriter(err, true), ENVIRONMENT);
        ExitCode code = Main.run(console, arguments);
        console.finished();
        return new Ended(code.number(), out.toString(), err.toString());
    }
}
