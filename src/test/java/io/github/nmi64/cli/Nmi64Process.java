package io.github.nmi64.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Runs the program as its users do: a process of its own, with the class path of the tests. */
final class Nmi64Process {
    private static final int PATIENCE_SECONDS = 600;

    private final Map<String, String> environment = new HashMap<>();
    private final List<String> options = new ArrayList<>();
    private Optional<Path> output = Optional.empty();
    private int patience = PATIENCE_SECONDS;
    private String classPath = System.getProperty("java.class.path");

    /** A run of the program with these arguments. */
    static Ended nmi64(String... arguments) {
        return new Nmi64Process().run(arguments);
    }

    Nmi64Process environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Sends standard output to this file or device; then nothing of it is known. */
    Nmi64Process output(Path file) {
        output = Optional.of(file);
        return this;
    }

    /** How many seconds the process may take. */
    Nmi64Process patience(int seconds) {
        patience = seconds;
        return this;
    }

    /** Leaves the entries out that contain this text. */
    Nmi64Process without(String classPathEntry) {
        classPath = String.join(
                ":",
                List.of(classPath.split(":")).stream()
                        .filter(entry -> !entry.contains(classPathEntry))
                        .toList());
        return this;
    }

    /** Gives the virtual machine an option. */
    Nmi64Process java(String option) {
        options.add(option);
        return this;
    }

    Ended run(String... arguments) {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, Main.class.getName()));
        command.addAll(List.of(arguments));
        try {
            Path out = Files.createTempFile("nmi64-out-", "");
            Path err = Files.createTempFile("nmi64-err-", "");
            try {
                return run(command, out, err);
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Ended run(List<String> command, Path out, Path err) throws IOException {
        var builder = new ProcessBuilder(command)
                .redirectOutput(output.orElse(out).toFile())
                .redirectError(err.toFile());
        builder.environment().remove("NMI64_DEBUG");
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        try {
            assertThat(process.waitFor(patience, TimeUnit.SECONDS))
                    .as("%s ends", command)
                    .isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            process.destroyForcibly();
        }
        return new Ended(
                process.exitValue(),
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8));
    }
}
