package io.github.nmi64.op;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The code of a whole program as GNU objdump reads it, handed on in runs of instructions that follow each other without
 * a gap. Each instruction is seen with the bytes that really follow it, as a processor would.
 */
final class ProgramListing {
    /** Receives one instruction. */
    @FunctionalInterface
    interface Reader {
        /**
         * One instruction objdump found.
         *
         * @param code bytes of which {@code code[at]} is the instruction's first
         * @param end where the known bytes end
         * @param line length and text, with the symbols of the file in angle brackets
         */
        void read(byte[] code, int at, int end, long address, Objdump.Line line);
    }

    /** An instruction in {@link #code}. */
    private record Entry(int at, long address, Objdump.Line line) {}

    /** So many instructions are collected before they are handed on. */
    private static final int RUN = 4096;
    /** Kept back until the bytes that follow are known; more than a longest instruction may need. */
    private static final int KEPT = 16;

    private final Reader reader;
    private final long most;
    private final ByteArrayOutputStream code = new ByteArrayOutputStream();
    private final List<Entry> entries = new ArrayList<>();
    private long next;
    private long count;

    private ProgramListing(Reader reader, long most) {
        this.reader = reader;
        this.most = most;
    }

    /** Reads the executable sections of a program, at most so many instructions; returns how many there were. */
    static long read(Path program, long most, Reader reader) throws IOException {
        ProgramListing listing = new ProgramListing(reader, most);
        Process process = new ProcessBuilder("objdump", "-d", "-w", "-z", "-M", "intel64", program.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = process.inputReader(StandardCharsets.ISO_8859_1)) {
            for (String line = lines.readLine(); line != null && listing.count < most; line = lines.readLine()) {
                listing.accept(line);
            }
            listing.handOn(0);
        } finally {
            process.destroy();
        }
        return listing.count;
    }

    /** {@code   401000:\t55 48 \tpush   %rbp}; every other line is a heading. */
    private void accept(String line) {
        int colon = line.indexOf(":\t");
        if (colon < 0) {
            return;
        }
        long address = Long.parseUnsignedLong(line.substring(0, colon).strip(), 16);
        if (address != next) {
            handOn(0);
        } else if (entries.size() >= RUN) {
            handOn(KEPT);
        }
        int at = code.size();
        int tab = line.indexOf('\t', colon + 2);
        int end = tab < 0 ? line.length() : tab;
        for (int i = colon + 2; i + 1 < end && line.charAt(i) != ' '; i += 3) {
            code.write(Character.digit(line.charAt(i), 16) << 4 | Character.digit(line.charAt(i + 1), 16));
        }
        int length = code.size() - at;
        String text = tab < 0 ? "" : line.substring(tab + 1).stripTrailing();
        entries.add(new Entry(at, address, new Objdump.Line(length, text)));
        next = address + length;
        count++;
    }

    private void handOn(int kept) {
        byte[] bytes = code.toByteArray();
        int done = Math.max(0, entries.size() - kept);
        for (Entry entry : entries.subList(0, done)) {
            reader.read(bytes, entry.at, bytes.length, entry.address, entry.line);
        }
        List<Entry> rest = List.copyOf(entries.subList(done, entries.size()));
        entries.clear();
        code.reset();
        int from = rest.isEmpty() ? bytes.length : rest.get(0).at;
        code.write(bytes, from, bytes.length - from);
        rest.forEach(entry -> entries.add(new Entry(entry.at - from, entry.address, entry.line)));
    }
}
