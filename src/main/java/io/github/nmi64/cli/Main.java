package io.github.nmi64.cli;

import io.github.nmi64.bits.Log;
import io.github.nmi64.bringup.BringupException;
import io.github.nmi64.dump.CoreFormatException;
import io.github.nmi64.explore.NothingToExploreException;
import io.github.nmi64.fixture.AssemblerMissingException;
import io.github.nmi64.fixture.FixtureException;
import io.github.nmi64.image.ImageException;
import io.github.nmi64.image.InputFile;
import io.github.nmi64.kernel.KernelFormatException;
import io.github.nmi64.machine.BootImageException;
import io.github.nmi64.schedule.ScheduleSyntaxException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The entry point: builds the command line, runs one command, and turns every end of it into an exit code. */
public final class Main {
    private static final String BROKEN_PIPE = "broken pipe";
    private static final String OURS = "io.github.nmi64.";
    /** Longer complaints quote something nobody typed by hand. */
    private static final int LONGEST_LINE = 1000;

    private final Console console;
    private final Nmi64 command;
    private boolean isOutputLost;

    private Main(Console console) {
        this.console = console;
        this.command = new Nmi64(console);
    }

    /** Runs one command and exits with its code. */
    public static void main(String[] args) {
        Console console = Console.ofProcess();
        int code = run(console, args).number();
        console.finished();
        System.exit(code);
    }

    /** Runs one command within the process; nothing but its output goes anywhere. */
    static ExitCode run(Console console, String... args) {
        return new Main(console).run(args);
    }

    private ExitCode run(String[] args) {
        try {
            CommandLine line = commandLine(command, console);
            line.setParameterExceptionHandler((e, ignored) -> wrongUsage(e).number());
            line.setExecutionExceptionHandler((e, ignored, parsed) -> failed(e).number());
            line.setExecutionStrategy(parsed -> {
                if (command.isVerbose()) {
                    Log.beVerbose();
                }
                return new CommandLine.RunLast().execute(parsed);
            });
            int number = line.execute(args);
            console.flush();
            return code(number);
        } catch (RuntimeException | Error e) {
            return failed(e);
        }
    }

    /** The whole command line, ready to be described or executed. */
    static CommandLine commandLine(Nmi64 command, Console console) {
        CommandLine line = new CommandLine(command, command.factory());
        line.setOut(new PrintWriter(console.out()));
        line.setErr(console.err());
        line.setExpandAtFiles(false);
        line.setUsageHelpWidth(100);
        line.setUsageHelpLongOptionsMaxWidth(30);
        line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
        return line;
    }

    private static ExitCode code(int number) {
        return List.of(ExitCode.values()).stream()
                .filter(code -> code.number() == number)
                .findFirst()
                .orElse(ExitCode.INTERNAL);
    }

    private ExitCode wrongUsage(ParameterException e) {
        String name = e.getCommandLine().getCommandSpec().qualifiedName();
        String problem = String.valueOf(e.getMessage());
        String near = "";
        if (e instanceof UnmatchedArgumentException words && takesCommand(words)) {
            problem = "unknown command '" + words.getUnmatched().get(0) + "'";
        }
        if (e instanceof UnmatchedArgumentException unmatched
                && !unmatched.getSuggestions().isEmpty()) {
            near = "; did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?";
        }
        console.err().println(name + ": " + oneLine(problem) + near + " (see '" + name + " --help')");
        return ExitCode.BAD_INPUT;
    }

    /** True if the first word nobody knows stands where a command belongs. */
    private static boolean takesCommand(UnmatchedArgumentException e) {
        return !e.getCommandLine().getSubcommands().isEmpty()
                && !e.getUnmatched().get(0).startsWith("-");
    }

    private ExitCode failed(Throwable e) {
        if (isDebugging()) {
            e.printStackTrace(console.err());
        }
        if (isOutOfMemory(e)) {
            return complain(
                    ExitCode.ENVIRONMENT,
                    "out of memory: the Java heap of " + (Runtime.getRuntime().maxMemory() >>> 20) + " MiB is "
                            + "full; lower --memory, or enlarge the heap with NMI64_JAVA_OPTIONS=-Xmx8g");
        }
        if (e instanceof UncheckedIOException) {
            return unwritable(e.getCause());
        }
        if (e instanceof BadInput
                || e instanceof NothingToExploreException
                || e instanceof BootImageException
                || e instanceof ImageException
                || e instanceof KernelFormatException
                || e instanceof BringupException
                || e instanceof CoreFormatException
                || e instanceof ScheduleSyntaxException) {
            return complain(ExitCode.BAD_INPUT, oneLine(String.valueOf(e.getMessage())));
        }
        if (e instanceof FixtureException) {
            // The only message that may have more lines is that of an assembler.
            ExitCode code = e instanceof AssemblerMissingException ? ExitCode.ENVIRONMENT : ExitCode.BAD_INPUT;
            return complain(code, String.valueOf(e.getMessage()));
        }
        return complain(
                ExitCode.INTERNAL,
                "internal error at " + place(root(e)) + " (" + named(root(e))
                        + "); please report it with the command line and the fixture (NMI64_DEBUG=1 shows more)");
    }

    /** What ended a worker is the cause of what it is told by. */
    private static Throwable root(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    private static String named(Throwable root) {
        String kind = root.getClass().getSimpleName();
        return root.getMessage() == null ? kind : kind + ": " + oneLine(root.getMessage());
    }

    /** Where a mistake shows: the innermost place that is ours. */
    private static String place(Throwable root) {
        return Stream.of(root.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith(OURS))
                .findFirst()
                .map(frame -> frame.getClassName().substring(OURS.length()) + " line " + frame.getLineNumber())
                .orElse("an unknown place");
    }

    /** Workers of an exploration hand on what ended them as a cause. */
    private static boolean isOutOfMemory(Throwable e) {
        for (Throwable at = e; at != null; at = at.getCause()) {
            if (at instanceof OutOfMemoryError) {
                return true;
            }
        }
        return false;
    }

    private ExitCode unwritable(@Nullable Throwable cause) {
        String why = cause instanceof IOException trouble ? InputFile.reason(trouble) : "unknown cause";
        // Whoever read the output has seen enough: `nmi64 trace x | head`.
        boolean isClosed = why.equalsIgnoreCase(BROKEN_PIPE);
        ExitCode code = isClosed ? ExitCode.PIPE_CLOSED : ExitCode.BAD_INPUT;
        if (isOutputLost || isClosed) {
            return code; // what is left in the buffer fails as well
        }
        isOutputLost = true;
        return complain(code, "cannot write the output (" + why + ")");
    }

    private ExitCode complain(ExitCode code, String message) {
        console.err().println("nmi64: " + message);
        return code;
    }

    /** What a message quotes may be anything, even what moves a terminal's cursor. */
    private static String oneLine(String message) {
        String line = message.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
        return line.length() <= LONGEST_LINE ? line : line.substring(0, LONGEST_LINE) + "...";
    }

    private boolean isDebugging() {
        return command.isDebugging()
                || !console.environment().getOrDefault("NMI64_DEBUG", "").isEmpty();
    }
}
