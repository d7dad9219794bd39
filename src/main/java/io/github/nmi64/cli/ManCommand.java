package io.github.nmi64.cli;

import io.github.nmi64.image.InputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nmi64 man}: the manual pages, made of the same descriptions as {@code --help}. */
@Command(
        name = "man",
        description = "Write the manual pages: nmi64(1) to standard output, or one page per command to a directory.",
        mixinStandardHelpOptions = true,
        versionProvider = Nmi64.Version.class,
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {"  nmi64 man | man -l -", "  nmi64 man ~/.local/share/man/man1"})
final class ManCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            arity = "0..1",
            paramLabel = "DIR",
            description = "An existing directory for nmi64.1, nmi64-run.1 and so on.")
    private @Nullable String directory;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    ManCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (directory == null) {
            console.print(new ManPage(spec.root()).text());
        } else {
            write(directory);
        }
        return ExitCode.OK.number();
    }

    private void write(String name) {
        try {
            Path target = InputFile.path(name);
            if (!Files.isDirectory(target)) {
                throw new BadInput("there is no directory '" + name + "'; create it first");
            }
            for (CommandSpec command : all(spec.root())) {
                Files.writeString(target.resolve(ManPage.name(command) + ".1"), new ManPage(command).text());
            }
        } catch (InputFile.UnusableException e) {
            throw new BadInput("man: '" + name + "' " + e.getMessage());
        } catch (IOException e) {
            throw new BadInput("cannot write manual pages to '" + name + "' (" + InputFile.reason(e) + ")");
        }
    }

    private static List<CommandSpec> all(CommandSpec root) {
        List<CommandSpec> commands = new ArrayList<>();
        commands.add(root);
        for (CommandLine child : root.subcommands().values()) {
            commands.addAll(all(child.getCommandSpec()));
        }
        return commands;
    }
}
