package io.github.nmi64.oracle;

import java.io.IOException;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Makes a case in which host and emulator differ as small as it gets: prefixes and bytes nobody needs go, registers, flags
 * and memory become zero, bit by bit where they cannot become zero at once.
 *
 * <p>A smaller case is taken only while it shows the same difference: the same fields (and flags) differ, both sides end
 * with the same vector, and the instruction has the same mnemonic. Otherwise the way down leads to the nearest difference
 * there is, which is often a known one of another instruction.
 */
public final class Reducer {
    /** Runs a case on both sides. */
    @FunctionalInterface
    public interface Trial {
        /** Both outcomes and what differs. */
        Comparison compare(CpuCase request) throws IOException;

        /** True if the difference is one that does not count. */
        default boolean excuses(Comparison comparison) {
            return false;
        }
    }

    /** What makes two differences the same. */
    private record Kind(String mnemonic, Set<String> fields, int hostVector, int emulatedVector) {
        static Kind of(Comparison comparison) {
            return new Kind(
                    comparison.mnemonic(), comparison.fields(), comparison.host().vector, comparison.emulated().vector);
        }
    }

    private final Trial trial;
    private final Kind kind;
    private CpuCase smallest;

    private Reducer(Comparison differing, Trial trial) {
        this.trial = trial;
        this.kind = Kind.of(differing);
        this.smallest = differing.request().copy();
    }

    /** The smallest case found that still differs so; the case itself if it does not differ when it is run again. */
    public static CpuCase reduce(CpuCase differing, Trial trial) throws IOException {
        Comparison first = trial.compare(differing);
        Reducer reducer = new Reducer(first, trial);
        while (first.differs() && reducer.pass()) {
            // what has become smaller may let something else become smaller
        }
        return reducer.smallest;
    }

    /** The smallest case and the one it was found by, each with both outcomes, to be printed. */
    public static String text(CpuCase differing, Trial trial) throws IOException {
        Comparison drawn = trial.compare(differing);
        if (!drawn.differs()) {
            return "does not differ when it is run again: " + differing + "\n";
        }
        Comparison reduced = trial.compare(reduce(differing, trial));
        return "%s: %s\nreduced: %sas drawn: %s".formatted(drawn.mnemonic(), drawn.fields(), reduced, drawn);
    }

    private boolean pass() throws IOException {
        boolean smaller = code();
        smaller |= registers();
        smaller |= attempt(smallest.rflags != 2, draw -> draw.rflags = 2);
        for (int bit = 0; bit < 22; bit++) {
            long mask = 1L << bit;
            smaller |= bit != 1 && attempt((smallest.rflags & mask) != 0, draw -> draw.rflags &= ~mask);
        }
        smaller |= attempt(smallest.fsBase != CpuCase.FS, draw -> draw.fsBase = CpuCase.FS);
        smaller |= attempt(smallest.gsBase != CpuCase.GS, draw -> draw.gsBase = CpuCase.GS);
        return smaller | window();
    }

    private boolean code() throws IOException {
        boolean smaller = attempt(smallest.codeOffset != 0, draw -> draw.codeOffset = 0);
        for (int length = smallest.code.length - 1; length > 0; length--) {
            int shorter = length;
            smaller |= attempt(smallest.code.length > length, draw -> draw.code = Arrays.copyOf(draw.code, shorter));
        }
        for (int at = smallest.code.length - 1; at >= 0; at--) {
            int index = at;
            smaller |= attempt(smallest.code.length > 1, draw -> draw.code = without(draw.code, index));
        }
        return smaller;
    }

    private static byte[] without(byte[] code, int at) {
        byte[] shorter = Arrays.copyOf(code, code.length - 1);
        System.arraycopy(code, at + 1, shorter, at, code.length - 1 - at);
        return shorter;
    }

    private boolean registers() throws IOException {
        boolean smaller = false;
        for (int register = 0; register < smallest.gpr.length; register++) {
            int index = register;
            smaller |= attempt(smallest.gpr[register] != 0, draw -> draw.gpr[index] = 0);
            for (int bit = 63; bit >= 0 && smallest.gpr[register] != 0; bit--) {
                long mask = 1L << bit;
                smaller |= attempt((smallest.gpr[register] & mask) != 0, draw -> draw.gpr[index] &= ~mask);
            }
        }
        return smaller;
    }

    private boolean window() throws IOException {
        boolean smaller = attempt(smallest.window.length != 0, draw -> draw.window = new byte[0]);
        for (int size = smallest.window.length; size > 0; size /= 2) {
            for (int from = 0; from < smallest.window.length; from += size) {
                int first = from;
                int end = Math.min(from + size, smallest.window.length);
                smaller |= attempt(anySet(first, end), draw -> Arrays.fill(draw.window, first, end, (byte) 0));
            }
        }
        return smaller;
    }

    private boolean anySet(int from, int to) {
        for (int i = from; i < to; i++) {
            if (smallest.window[i] != 0) {
                return true;
            }
        }
        return false;
    }

    /** Makes one change if it makes anything smaller at all and the difference stays. */
    private boolean attempt(boolean smaller, Consumer<CpuCase> change) throws IOException {
        if (!smaller) {
            return false;
        }
        CpuCase changed = smallest.copy();
        change.accept(changed);
        if (!Comparison.mnemonic(changed).equals(kind.mnemonic())) {
            return false; // not run at all: it may be something the emulator says it does not support
        }
        Comparison comparison = trial.compare(changed);
        if (!comparison.differs() || !Kind.of(comparison).equals(kind) || trial.excuses(comparison)) {
            return false;
        }
        smallest = changed;
        return true;
    }
}
