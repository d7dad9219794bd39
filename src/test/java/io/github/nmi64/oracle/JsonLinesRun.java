package io.github.nmi64.oracle;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.nmi64.isa.Gpr;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The run of an oracle that is a process: its standard output holds a trace as {@code docs/formats.md} describes it, whose
 * keys may be missing, and the result in its last line. Two keys more are understood: {@code changed} of an instruction
 * and of the result, in the form of {@link ChangedMemory}, and {@code pushed} of a delivery, the frame as an array of
 * RIP, CS, RFLAGS, RSP, SS. Events that are no delivery are left out.
 */
public final class JsonLinesRun implements MachineOracle.Run {
    private final Process process;
    private final BufferedReader output;
    private @Nullable MachineLine next;
    private boolean ended;

    /** Reads the output of a process just started; its errors should go elsewhere. */
    public JsonLinesRun(Process process) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    @Override
    public boolean hasNext() {
        while (next == null && !ended) {
            try {
                next = line(output.readLine());
            } catch (JsonParseException e) {
                next = new MachineLine.Ended("error", null, null, null, "the output breaks off: " + e.getMessage());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            ended = next instanceof MachineLine.Ended;
        }
        return next != null;
    }

    @Override
    public MachineLine next() {
        if (!hasNext() || next == null) {
            throw new NoSuchElementException();
        }
        MachineLine line = next;
        next = null;
        return line;
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            output.close();
            process.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static @Nullable MachineLine line(@Nullable String text) {
        if (text == null) {
            return new MachineLine.Ended("error", null, null, null, "the output ends without a result");
        }
        JsonObject json = JsonParser.parseString(text).getAsJsonObject();
        if (json.has("outcome")) {
            return result(json);
        }
        if (!json.has("event")) {
            return executed(json);
        }
        return json.get("frame") == null || json.get("frame").isJsonNull() ? null : event(json);
    }

    private static MachineLine result(JsonObject json) {
        Long exit = isNull(json, "exitValue") ? null : json.get("exitValue").getAsLong();
        String output = isNull(json, "serial") || isNull(json, "console")
                ? null
                : json.get("serial").getAsString() + "|" + json.get("console").getAsString();
        String detail = isNull(json, "error") ? "" : json.get("error").getAsString();
        return new MachineLine.Ended(json.get("outcome").getAsString(), exit, output, string(json, "changed"), detail);
    }

    private static MachineLine executed(JsonObject json) {
        long[] gpr = new long[Gpr.COUNT];
        for (int i = 0; i < gpr.length; i++) {
            gpr[i] = hex(json.get(Gpr.NAMES.get(i)));
        }
        JsonObject nmi = isNull(json, "nmi") ? new JsonObject() : json.getAsJsonObject("nmi");
        return new MachineLine.Executed(
                json.get("n").getAsLong(),
                hex(json.get("rip")),
                gpr,
                hex(json.get("rflags")),
                (int) hex(json.get("cs")),
                (int) hex(json.get("ss")),
                json.get("cpl").getAsInt(),
                isNull(nmi, "latched") ? null : nmi.get("latched").getAsBoolean(),
                isNull(nmi, "blocked") ? null : nmi.get("blocked").getAsBoolean(),
                string(json, "changed"));
    }

    private static MachineLine event(JsonObject json) {
        return new MachineLine.Event(
                json.get("n").getAsLong(),
                json.get("vector").getAsInt(),
                isNull(json, "error") ? null : hex(json.get("error")),
                hex(json.get("frame")),
                isNull(json, "pushed") ? null : slots(json.getAsJsonArray("pushed")));
    }

    private static long[] slots(JsonArray pushed) {
        long[] slots = new long[pushed.size()];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = hex(pushed.get(i));
        }
        return slots;
    }

    private static boolean isNull(JsonObject json, String key) {
        return !json.has(key) || json.get(key).isJsonNull();
    }

    private static @Nullable String string(JsonObject json, String key) {
        return isNull(json, key) ? null : json.get(key).getAsString();
    }

    private static long hex(JsonElement value) {
        return Long.parseUnsignedLong(value.getAsString().substring(2), 16);
    }
}
