package io.github.nmi64.oracle;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.image.LoadSegment;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.memory.Page;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * What a run stores into the pages of its image. {@link #find} names every aligned quadword that is not what it was
 * when {@link #shown} was called last, as {@code ADDRESS=VALUE} in hexadecimal, in ascending order, separated by blanks; no
 * matter who wrote it: an instruction, a delivery, or the processor that marks a descriptor accessed.
 */
final class ChangedMemory {
    private record Watched(long linear, long physical, byte[] shown) {}

    private record Change(ByteBuffer shown, int at, long value) {}

    private final Machine machine;
    private final TreeMap<Long, Watched> pages = new TreeMap<>(Long::compareUnsigned);
    private final List<Change> found = new ArrayList<>();
    private final byte[] now = new byte[Page.SIZE];

    /** Watches the pages that the image's segments lie in. */
    ChangedMemory(MachineImage image, Machine machine) {
        this.machine = machine;
        for (LoadSegment segment : image.fixture().image().segments()) {
            long first = segment.address() & -Page.SIZE;
            long bytes = segment.address() - first + segment.memorySize();
            for (long offset = 0; offset < bytes; offset += Page.SIZE) {
                pages.computeIfAbsent(first + offset, this::watch);
            }
        }
    }

    private Watched watch(long linear) {
        byte[] shown = new byte[Page.SIZE];
        long physical = machine.translate(linear).orElseThrow();
        machine.memory().read(physical, shown, 0, shown.length);
        return new Watched(linear, physical, shown);
    }

    /** Looks at memory as it is now. */
    String find() {
        found.clear();
        StringJoiner changes = new StringJoiner(" ");
        for (Watched watched : pages.values()) {
            machine.memory().read(watched.physical, now, 0, now.length);
            if (!Arrays.equals(now, watched.shown)) {
                compare(watched, changes);
            }
        }
        return changes.toString();
    }

    /** What was found last is no change any more. */
    void shown() {
        found.forEach(change -> change.shown.putLong(change.at, change.value));
        found.clear();
    }

    private void compare(Watched watched, StringJoiner changes) {
        ByteBuffer after = ByteBuffer.wrap(now).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer before = ByteBuffer.wrap(watched.shown).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < Page.SIZE; at += Long.BYTES) {
            long value = after.getLong(at);
            if (value != before.getLong(at)) {
                changes.add(Hex.of(watched.linear + at) + "=" + Hex.of(value));
                found.add(new Change(before, at, value));
            }
        }
    }
}
