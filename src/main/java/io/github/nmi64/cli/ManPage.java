package io.github.nmi64.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** A manual page in the man macros of troff (man(7)), made from a command's model. */
final class ManPage {
    private final CommandSpec command;
    private final StringBuilder page = new StringBuilder();

    ManPage(CommandSpec command) {
        this.command = command;
    }

    /** The name of a command's page: {@code nmi64-fixtures-run}. */
    static String name(CommandSpec command) {
        return command.qualifiedName("-");
    }

    /** The whole page. */
    String text() {
        macro("TH", name(command).toUpperCase(Locale.ROOT), "1", "", "nmi64", "User Commands");
        section("NAME");
        paragraph(name(command) + " - " + summary(command));
        section("SYNOPSIS");
        synopsis();
        section("DESCRIPTION");
        paragraph(description(command.usageMessage().description()));
        arguments();
        commands();
        exitCodes();
        examples();
        seeAlso();
        return page.toString();
    }

    private static String summary(CommandSpec command) {
        String first = description(command.usageMessage().description());
        int end = first.indexOf(". ");
        String sentence = end < 0 ? first : first.substring(0, end);
        return sentence.replaceAll("\\.$", "");
    }

    private static String description(String[] lines) {
        return String.join(" ", lines);
    }

    private void synopsis() {
        macro("B", command.qualifiedName());
        if (!command.options().isEmpty()) {
            line("[\\fIOPTION\\fR]...");
        }
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            String more = parameter.arity().max() > 1 ? "..." : "";
            String label = "\\fI" + escaped(parameter.paramLabel()) + "\\fR" + more;
            line(parameter.arity().min() == 0 ? "[" + label + "]" : label);
        }
        if (!command.subcommands().isEmpty()) {
            line("\\fICOMMAND\\fR ...");
        }
    }

    private void arguments() {
        if (!command.positionalParameters().isEmpty()) {
            section("ARGUMENTS");
            command.positionalParameters()
                    .forEach(parameter -> item("\\fI" + escaped(parameter.paramLabel()) + "\\fR", parameter));
        }
        List<OptionSpec> shown =
                command.options().stream().filter(option -> !option.hidden()).toList();
        if (!shown.isEmpty()) {
            section("OPTIONS");
            shown.forEach(option -> item(heading(option), option));
        }
    }

    private static String heading(OptionSpec option) {
        String names = Arrays.stream(option.names())
                .map(name -> "\\fB" + escaped(name) + "\\fR")
                .collect(Collectors.joining(", "));
        return option.arity().max() == 0 ? names : names + " \\fI" + escaped(option.paramLabel()) + "\\fR";
    }

    private void item(String heading, ArgSpec argument) {
        macro("TP");
        line(heading);
        String[] description = argument.description();
        for (int i = 0; i < description.length; i++) {
            if (i > 0) {
                macro("br");
            }
            paragraph(description[i]);
        }
    }

    private void commands() {
        if (command.subcommands().isEmpty()) {
            return;
        }
        section("COMMANDS");
        for (CommandLine child : command.subcommands().values()) {
            macro("TP");
            line("\\fB" + escaped(child.getCommandName()) + "\\fR");
            paragraph(description(child.getCommandSpec().usageMessage().description()));
        }
    }

    private void exitCodes() {
        Map<String, String> codes = command.root().usageMessage().exitCodeList();
        section("EXIT STATUS");
        codes.forEach((code, meaning) -> {
            macro("TP");
            line("\\fB" + escaped(code) + "\\fR");
            paragraph(meaning);
        });
    }

    private void examples() {
        section("EXAMPLES");
        macro("nf");
        for (String example : command.usageMessage().footer()) {
            paragraph(example.strip());
        }
        macro("fi");
    }

    private void seeAlso() {
        List<String> others = command == command.root()
                ? command.subcommands().values().stream()
                        .map(child -> name(child.getCommandSpec()))
                        .toList()
                : List.of(name(command.parent()));
        section("SEE ALSO");
        line(others.stream().map(other -> "\\fB" + escaped(other) + "\\fR(1)").collect(Collectors.joining(", ")));
    }

    private void section(String title) {
        macro("SH", title);
    }

    private void macro(String name, String... arguments) {
        page.append('.').append(name);
        for (String argument : arguments) {
            page.append(" \"").append(escaped(argument)).append('"');
        }
        page.append('\n');
    }

    /** Plain text, which must not be taken for a request. */
    private void paragraph(String text) {
        String safe = escaped(text);
        line(safe.startsWith(".") || safe.startsWith("'") ? "\\&" + safe : safe);
    }

    private void line(String line) {
        page.append(line).append('\n');
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\e").replace("-", "\\-").replace("\"", "\\(dq");
    }
}
