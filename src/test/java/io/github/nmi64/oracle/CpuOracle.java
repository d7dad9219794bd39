package io.github.nmi64.oracle;

import io.github.nmi64.isa.Vector;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Client of {@code scripts/cpu-oracle}, which executes single instructions on the host CPU. Compiles the server into
 * {@code target/} when it is missing or older than its sources. Not safe for use by several threads.
 *
 * <pre>{@code
 * Assumptions.assumeTrue(CpuOracle.missing().isEmpty(), () -> CpuOracle.missing().get());
 * try (CpuOracle oracle = CpuOracle.start()) {
 *     List<CpuOutcome> outcomes = oracle.run(cases);
 * }
 * }</pre>
 */
public final class CpuOracle implements HostCpu, AutoCloseable {
    private static final int RECORD = 512;
    private static final int BATCH = 1024;
    private static final int EXECUTE = 1;
    private static final int FLUSH = 2;
    private static final Path SOURCES = Path.of("scripts", "cpu-oracle");
    private static final Path BINARY = Path.of("target", "cpu-oracle", "cpu-oracle");
    private static final Optional<String> MISSING = findMissing();

    private final Process server;
    private final OutputStream requests;
    private final DataInputStream responses;

    private CpuOracle(Process server) {
        this.server = server;
        this.requests = server.getOutputStream();
        this.responses = new DataInputStream(server.getInputStream());
    }

    /** Why the oracle cannot run on this host; empty if it can. */
    public static Optional<String> missing() {
        return MISSING;
    }

    private static Optional<String> findMissing() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String architecture = System.getProperty("os.arch");
        if (!system.equals("linux") || !architecture.equals("amd64")) {
            return Optional.of("the CPU oracle needs an x86-64 Linux host, this is " + system + " on " + architecture);
        }
        try {
            Process gcc = new ProcessBuilder("gcc", "--version")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return gcc.waitFor() == 0 ? cannotStep() : Optional.of("the CPU oracle needs gcc, which fails");
        } catch (IOException e) {
            return Optional.of("the CPU oracle needs gcc, which is not installed");
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while looking for gcc", e);
        }
    }

    /** Sandboxes and emulators of Linux do not always step, map and signal as the oracle needs it, so it is tried. */
    private static Optional<String> cannotStep() throws InterruptedException {
        try (CpuOracle oracle = start()) {
            CpuCase nop = new CpuCase();
            CpuOutcome outcome = oracle.run(nop);
            boolean stepped = outcome.status == CpuOutcome.RAN
                    && outcome.vector == Vector.DB
                    && outcome.rip == CpuCase.CODE + nop.code.length;
            return stepped
                    ? Optional.empty()
                    : Optional.of("the CPU oracle cannot single-step on this host: NOP " + outcome.ending());
        } catch (IOException e) {
            return Optional.of("the CPU oracle does not run on this host: "
                    + (e.getMessage() == null ? "it ends early" : e.getMessage()));
        }
    }

    /** Compiles the server if need be and starts it. */
    public static CpuOracle start() throws IOException, InterruptedException {
        if (!isFresh()) {
            compile();
        }
        return new CpuOracle(new ProcessBuilder(BINARY.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    private static boolean isFresh() throws IOException {
        if (!Files.exists(BINARY)) {
            return false;
        }
        long built = Files.getLastModifiedTime(BINARY).toMillis();
        try (Stream<Path> sources = Files.list(SOURCES)) {
            return sources.allMatch(source -> modified(source) < built);
        }
    }

    private static long modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Compiles to a name of its own first, so that nobody starts half a binary. */
    private static void compile() throws IOException, InterruptedException {
        Files.createDirectories(BINARY.getParent());
        Path fresh = Files.createTempFile(BINARY.getParent(), "cpu-oracle", "");
        String source = SOURCES.resolve("cpu-oracle.c").toString();
        Process gcc = new ProcessBuilder("gcc", "-O2", "-o", fresh.toString(), source)
                .inheritIO()
                .start();
        if (gcc.waitFor() != 0) {
            throw new IOException("gcc cannot compile " + source);
        }
        Files.move(fresh, BINARY, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public List<CpuOutcome> run(List<CpuCase> cases) throws IOException {
        List<CpuOutcome> outcomes = new ArrayList<>(cases.size());
        for (int from = 0; from < cases.size(); from += BATCH) {
            runBatch(cases.subList(from, Math.min(from + BATCH, cases.size())), outcomes);
        }
        return outcomes;
    }

    private void runBatch(List<CpuCase> cases, List<CpuOutcome> outcomes) throws IOException {
        ByteBuffer batch = buffer((cases.size() + 1) * RECORD);
        for (int i = 0; i < cases.size(); i++) {
            encode(batch, i * RECORD, cases.get(i), i);
        }
        batch.putInt(cases.size() * RECORD, FLUSH);
        requests.write(batch.array());
        requests.flush();
        ByteBuffer record = buffer(RECORD);
        for (CpuCase request : cases) {
            responses.readFully(record.array());
            outcomes.add(decode(record, request.window.length));
        }
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void encode(ByteBuffer to, int at, CpuCase request, long id) {
        to.putInt(at, EXECUTE);
        to.putInt(at + 4, request.flags);
        to.putLong(at + 8, id);
        to.putShort(at + 16, (short) request.code.length);
        to.putShort(at + 18, (short) request.codeOffset);
        to.putInt(at + 20, request.maxTraps);
        for (int i = 0; i < request.gpr.length; i++) {
            to.putLong(at + 24 + 8 * i, request.gpr[i]);
        }
        to.putLong(at + 152, request.rflags);
        to.putLong(at + 160, request.fsBase);
        to.putLong(at + 168, request.gsBase);
        to.putInt(at + 176, request.windowAddress);
        to.putInt(at + 180, request.window.length);
        to.put(at + 184, request.code);
        to.put(at + 256, request.window);
    }

    private static CpuOutcome decode(ByteBuffer from, int windowLength) {
        CpuOutcome outcome = new CpuOutcome();
        outcome.status = from.getInt(0);
        outcome.vector = from.getInt(16);
        for (int i = 0; i < outcome.gpr.length; i++) {
            outcome.gpr[i] = from.getLong(24 + 8 * i);
        }
        outcome.rflags = from.getLong(152);
        outcome.fsBase = from.getLong(160);
        outcome.gsBase = from.getLong(168);
        outcome.rip = from.getLong(176);
        outcome.errorCode = from.getLong(184);
        outcome.cr2 = from.getLong(192);
        int[] recordOrder = {3, 0, 4, 5, 1, 2}; // DS ES FS GS CS SS
        for (int i = 0; i < recordOrder.length; i++) {
            outcome.selectors[recordOrder[i]] = from.getShort(200 + 2 * i) & 0xffff;
        }
        outcome.changedFirst = from.getInt(216);
        outcome.changedLast = from.getInt(220);
        outcome.changedHash = from.getLong(224);
        outcome.window = new byte[windowLength];
        from.get(256, outcome.window);
        return outcome;
    }

    /** Ends the server: it stops at the end of its input. */
    @Override
    public void close() throws IOException, InterruptedException {
        requests.close();
        int code = server.waitFor();
        if (code != 0) {
            throw new IOException("the CPU oracle ended with exit code " + code);
        }
    }
}
