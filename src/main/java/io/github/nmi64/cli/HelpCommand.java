package io.github.nmi64.cli;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nmi64 help}: what {@code --help} of a command prints. */
@Command(
        name = "help",
        description = "Show help for a command or for the whole program.",
        mixinStandardHelpOptions = true,
        versionProvider = Nmi64.Version.class,
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {"  nmi64 help check", "  nmi64 help fixtures run"})
final class HelpCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            arity = "0..*",
            paramLabel = "COMMAND",
            completionCandidates = Commands.class,
            description = "A command and, if it has any, a subcommand. Default: the program itself.")
    private List<String> words = new ArrayList<>();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    HelpCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        CommandLine command = spec.root().commandLine();
        for (String word : words) {
            CommandLine next = command.getSubcommands().get(word);
            if (next == null) {
                String known = String.join(", ", command.getSubcommands().keySet());
                throw new BadInput("help: '" + command.getCommandSpec().qualifiedName() + "' has no command '" + word
                        + "'" + (known.isEmpty() ? "" : "; expected one of: " + known));
            }
            command = next;
        }
        console.print(command.getUsageMessage());
        return ExitCode.OK.number();
    }

    /** The names of all commands, for completion. */
    static final class Commands implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Stream.of(Nmi64.class.getAnnotation(Command.class).subcommands())
                    .map(command -> command.getAnnotation(Command.class).name())
                    .iterator();
        }
    }
}
