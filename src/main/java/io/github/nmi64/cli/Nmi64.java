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
        description = "Run x86-64 code on an emulated CPU, inject NMIs at exact instruction boundaries, and "
                + "report what happened to each one.",
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
            "0:ended as the fixture expects; without expectations: exit or halted, proved, or no violation "
                    + "within the requested bound",
            "1:an expectation failed, an invariant was violated, the verdict is not the fixture's, or an "
                    + "injection never fired",
            "2:usage error or bad input",
            "3:the environment lacks something, such as an assembler",
            "4:the guest died: shutdown, or an unimplemented instruction",
            "5:a limit was reached: instructions, memory or time",
            "70:internal error",
            "130:interrupted (Ctrl-C)",
            "141:standard output was closed"
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
            description = "Print the stack trace of an error.")
    private boolean debug;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Log diagnostics to standard error.")
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
                "missing command; expected one of: "
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
