package io.github.nmi64.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code nmi64}: holds the commands. */
@Command(
        name = "nmi64",
        description = "Runs x86-64 code on an emulated processor that takes NMIs exactly where asked, and tells what"
                + " became of them.",
        versionProvider = Nmi64.Version.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            RunCommand.class,
            TraceCommand.class,
            CheckCommand.class,
            MergeCommand.class,
            CatalogueCommand.class,
            FixturesCommand.class,
            DisasmCommand.class,
            KernelCommand.class,
            CompletionCommand.class,
            ManCommand.class,
            HelpCommand.class
        },
        commandListHeading = "%nCommands:%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:ended as the fixture expects; without expectations: exit or halted, proved, or nothing within the bound"
                    + " asked for",
            "1:an expectation or invariant is violated, the verdict is not the fixture's, or an injection never fired",
            "2:wrong usage or bad input",
            "3:the environment lacks something (an assembler)",
            "4:the guest died: shutdown, or an instruction that is not implemented",
            "5:a limit was reached: instructions, memory or time",
            "70:internal error",
            "130:interrupted from the keyboard",
            "141:nobody reads the output any more"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  nmi64 fixtures list",
            "  nmi64 run rfc/nested-handler",
            "  nmi64 run fixture.S --nmi at=victim_start --nmi at=do_nmi+0x7 --result json",
            "  nmi64 help check"
        })
final class Nmi64 implements Callable<Integer> {
    private final Console console;

    @Option(
            names = "--debug",
            hidden = true,
            scope = ScopeType.INHERIT,
            description = "Show where an error comes from.")
    private boolean debug;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Log to standard error what is done: tools called, images used, searches restarted.")
    private boolean verbose;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    Nmi64(Console console) {
        this.console = console;
    }

    boolean isDebugging() {
        return debug;
    }

    boolean isVerbose() {
        return verbose;
    }

    /** Makes commands, which are given the console if they take one. */
    IFactory factory() {
        return new IFactory() {
            @Override
            public <K> K create(Class<K> type) throws Exception {
                try {
                    return type.cast(type.getDeclaredConstructor(Console.class).newInstance(console));
                } catch (NoSuchMethodException e) {
                    return CommandLine.defaultFactory().create(type);
                }
            }
        };
    }

    @Override
    public Integer call() {
        throw new ParameterException(
                spec.commandLine(),
                "which command? there are "
                        + String.join(", ", spec.subcommands().keySet()));
    }

    /** The version in the jar's manifest. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Nmi64.class.getPackage().getImplementationVersion();
            return new String[] {"nmi64 " + (version == null ? "(development build)" : version)};
        }
    }
}
