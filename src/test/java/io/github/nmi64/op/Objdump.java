package io.github.nmi64.op;

import io.github.nmi64.isa.CodeMode;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * GNU objdump as an oracle: disassembles many short encodings in one run. Each stands in a slot of {@link #SLOT} bytes,
 * filled up so that objdump is in step again at the next slot whatever it makes of this one: a run of ES prefixes ended
 * by a NOP is one instruction wherever one starts to read.
 */
final class Objdump {
    /** What objdump says of one encoding. */
    record Line(int length, String text) {
        boolean isBad() {
            return text.contains("(bad)");
        }
    }

    private static final int SLOT = 32;
    private static final byte FILLER = 0x26;
    private static final byte NOP = (byte) 0x90;
    private static final Pattern LINE = Pattern.compile("\\s*([0-9a-f]+):\\t((?:[0-9a-f]{2} )+)\\s*(?:\\t(.*))?");

    private Objdump() {}

    /** True if objdump can be started and is the version the texts are compared with. */
    static boolean available() {
        try {
            Process process = new ProcessBuilder("objdump", "--version")
                    .redirectErrorStream(true)
                    .start();
            String version = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0
                    && version.lines().findFirst().orElse("").matches("GNU objdump .*2\\.40.*");
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The bytes of one slot: the encoding followed by filler, which also serves as displacement and immediate. */
    static byte[] slot(byte[] encoding) {
        byte[] slot = new byte[SLOT];
        Arrays.fill(slot, FILLER);
        slot[15] = NOP;
        slot[SLOT - 1] = NOP;
        System.arraycopy(encoding, 0, slot, 0, encoding.length);
        return slot;
    }

    /** Address at which objdump sees a slot. */
    static long address(int index) {
        return (long) index * SLOT;
    }

    /** One line for each slot, in order. */
    static List<Line> disassemble(List<byte[]> slots, CodeMode mode) {
        try {
            Path file = Files.createTempFile("encodings", ".bin");
            try {
                write(file, slots);
                return run(file, mode, slots.size());
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, List<byte[]> slots) throws IOException {
        byte[] all = new byte[slots.size() * SLOT];
        for (int i = 0; i < slots.size(); i++) {
            System.arraycopy(slots.get(i), 0, all, i * SLOT, SLOT);
        }
        Files.write(file, all);
    }

    private static List<Line> run(Path file, CodeMode mode, int count) throws IOException {
        String machine = mode.is64() ? "i386:x86-64" : mode == CodeMode.COMPAT32 ? "i386" : "i8086";
        Process process = new ProcessBuilder(
                        "objdump", "-D", "-w", "-z", "-b", "binary", "-m", machine, "-M", "intel64", file.toString())
                .redirectError(ProcessBuilder.Redirect.to(new File("/dev/null")))
                .start();
        List<Line> lines = new ArrayList<>(count);
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                collect(line, lines);
            }
        }
        if (lines.size() != count) {
            throw new IllegalStateException("objdump lost step at slot " + lines.size() + " of " + count);
        }
        return lines;
    }

    private static void collect(String line, List<Line> lines) {
        Matcher matcher = LINE.matcher(line);
        if (matcher.matches() && Long.parseLong(matcher.group(1), 16) == address(lines.size())) {
            String text = matcher.group(3) == null ? "" : matcher.group(3).stripTrailing();
            lines.add(new Line(matcher.group(2).length() / 3, text));
        }
    }
}
