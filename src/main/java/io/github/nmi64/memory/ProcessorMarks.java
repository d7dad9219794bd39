package io.github.nmi64.memory;

import java.util.Arrays;

/**
 * Quadwords whose accessed or dirty bits the processor has set by itself, and what each held before: no software asked for
 * that, and none can prevent it. A store of the guest to such a quadword takes it out. Immutable; there are few such quadwords.
 */
final class ProcessorMarks {
    static final ProcessorMarks NONE = new ProcessorMarks(new long[0], new long[0]);

    private final long[] addresses;
    private final long[] values;

    private ProcessorMarks(long[] addresses, long[] values) {
        this.addresses = addresses;
        this.values = values;
    }

    int size() {
        return addresses.length;
    }

    /** Physical address of a quadword. */
    long address(int index) {
        return addresses[index];
    }

    /** What it would hold, as the hash sees it. */
    long value(int index) {
        return values[index];
    }

    private int find(long address) {
        int at = 0;
        while (at < addresses.length && addresses[at] != address) {
            at++;
        }
        return at;
    }

    /** With a quadword the processor is about to mark; the value before its first mark stays. */
    ProcessorMarks with(long address, long value) {
        int at = find(address);
        if (at < addresses.length) {
            return this;
        }
        long[] more = Arrays.copyOf(addresses, at + 1);
        long[] theirs = Arrays.copyOf(values, at + 1);
        more[at] = address;
        theirs[at] = value;
        return new ProcessorMarks(more, theirs);
    }

    /** Without a quadword, which the guest is about to store to. */
    ProcessorMarks without(long address) {
        int at = find(address);
        if (at == addresses.length) {
            return this;
        }
        int last = addresses.length - 1;
        long[] fewer = Arrays.copyOf(addresses, last);
        long[] theirs = Arrays.copyOf(values, last);
        if (at < last) {
            fewer[at] = addresses[last];
            theirs[at] = values[last];
        }
        return new ProcessorMarks(fewer, theirs);
    }
}
