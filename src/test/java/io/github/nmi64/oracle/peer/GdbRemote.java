package io.github.nmi64.oracle.peer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.function.BooleanSupplier;

/** Client of GDB's remote serial protocol, as far as a peer needs it. */
final class GdbRemote {
    private static final byte INTERRUPT = 3;
    private static final int POLL_MILLIS = 1;
    private static final long PROMPT_NANOS = 500_000;

    private final InputStream in;
    private final OutputStream out;

    private final BooleanSupplier alive;

    /** Speaks to a stub through pipes; {@code alive} tells whether there is still somebody at their other end. */
    GdbRemote(InputStream in, OutputStream out, BooleanSupplier alive) {
        this.in = in;
        this.out = out;
        this.alive = alive;
    }

    /** Sends a request and returns the answer. */
    String ask(String request) throws IOException {
        send(request);
        return receive();
    }

    /** Sends a request that is answered with OK. */
    void order(String request) throws IOException {
        expect("OK", ask(request));
    }

    private static void expect(String wanted, String found) throws IOException {
        if (!found.equals(wanted)) {
            throw new IOException("the debugger stub answers '" + found + "', not " + wanted);
        }
    }

    /** Has the emulator's monitor obey a command. */
    void monitor(String command) throws IOException {
        String hex = HexFormat.of().formatHex(command.getBytes(StandardCharsets.US_ASCII));
        String answer = ask("qRcmd," + hex);
        while (answer.startsWith("O") && !answer.equals("OK")) {
            answer = receive();
        }
        expect("OK", answer);
    }

    /**
     * Resumes the machine and waits until it stops; after {@code millis} it is stopped from here.
     *
     * @return the answer
     * @throws EOFException if the machine has ended instead
     */
    String resume(String how, long millis) throws IOException {
        send(how);
        long began = System.nanoTime();
        long waited = 0;
        while (in.available() == 0 && alive.getAsBoolean() && waited < millis * 1_000_000) {
            pause(waited);
            waited = System.nanoTime() - began;
        }
        if (in.available() == 0 && alive.getAsBoolean()) {
            out.write(INTERRUPT);
            out.flush();
        }
        return receive();
    }

    /** A step answers within microseconds; what takes longer may sleep. */
    private static void pause(long waited) throws IOException {
        if (waited < PROMPT_NANOS) {
            Thread.yield();
            return;
        }
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            throw new IOException("interrupted while waiting for the debugger stub", e);
        }
    }

    private void send(String request) throws IOException {
        int sum = 0;
        for (byte value : request.getBytes(StandardCharsets.US_ASCII)) {
            sum += value;
        }
        out.write(("$" + request + "#" + HexFormat.of().toHexDigits((byte) sum)).getBytes(StandardCharsets.US_ASCII));
        out.flush();
        if (next() != '+') {
            throw new IOException("the debugger stub does not acknowledge " + request);
        }
    }

    private String receive() throws IOException {
        if (next() != '$') {
            throw new IOException("the debugger stub sends no packet");
        }
        StringBuilder answer = new StringBuilder();
        for (int c = next(); c != '#'; c = next()) {
            answer.append((char) c);
        }
        next(); // the check sum: a pipe loses nothing
        next();
        out.write('+');
        out.flush();
        return answer.toString();
    }

    private int next() throws IOException {
        int c = in.read();
        if (c < 0) {
            throw new EOFException("the debugger stub is gone");
        }
        return c;
    }
}
