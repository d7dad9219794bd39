package io.github.nmi64.cli;

import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.Fixtures;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code nmi64 fixtures}: what comes with the program, and running many. */
@Command(
        name = "fixtures",
        description = "List the bundled fixtures, or run many fixtures at once. Default: list.",
        mixinStandardHelpOptions = true,
        versionProvider = Nmi64.Version.class,
        subcommands = {FixturesCommand.ListCommand.class, FixturesRunCommand.class},
        synopsisSubcommandLabel = "[COMMAND]",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        commandListHeading = "%nCommands:%n",
        footerHeading = "%nExamples:%n",
        footer = {"  nmi64 fixtures list", "  nmi64 fixtures run rfc/", "  nmi64 fixtures run my-fixtures"})
final class FixturesCommand implements Callable<Integer> {
    private final Console console;

    FixturesCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        return new ListCommand(console).call();
    }

    /** {@code nmi64 fixtures list}: names and titles. */
    @Command(
            name = "list",
            description = "List the bundled fixtures by name and title.",
            mixinStandardHelpOptions = true,
            versionProvider = Nmi64.Version.class,
            parameterListHeading = "%nArguments:%n",
            optionListHeading = "%nOptions:%n",
            footerHeading = "%nExamples:%n",
            footer = "  nmi64 fixtures list | grep nested")
    static final class ListCommand implements Callable<Integer> {
        private final Console console;

        ListCommand(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            for (Fixtures.Title fixture : new Fixtures(new Assembler(console.environment())).bundled()) {
                console.print("%-28s %s%n".formatted(fixture.name(), fixture.title()));
            }
            return ExitCode.OK.number();
        }
    }
}
