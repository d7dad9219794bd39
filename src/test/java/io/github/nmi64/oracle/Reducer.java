package io.github.nmi64.oracle;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Makes a case in which host and emulator differ as small as it gets: prefixes and bytes nobody needs go, registers, flags
 * and memory become zero, bit by bit where they cannot become zero at once. Whatever keeps the difference is kept.
 */
public final class Reducer {
    /** Runs a case on both sides. */
    @FunctionalInterface
    public interface Trial {
        /** What differs, one line each; empty if nothing does. */
        List<String> differences(CpuCase request) throws IOException;
    }

    private final Trial trial;
    private CpuCase smallest;

    private Reducer(CpuCase differing, Trial trial) {
        this.trial = trial;
        this.smallest = differing.copy();
    }

    /** The smallest case found that still differs; the case itself if it does not differ when it is run again. */
    public static CpuCase reduce(CpuCase differing, Trial trial) throws IOException {
        Reducer reducer = new Reducer(differing, trial);
        while (reducer.pass()) {
            // what has become smaller may let something else become smaller
        }
        return reducer.smallest;
    }

    /** The smallest case with both outcomes, to be printed. */
    public static String text(CpuCase differing, Trial trial) throws IOException {
        CpuCase smallest = reduce(differing, trial);
        return smallest + "\n  " + String.join("\n  ", trial.differences(smallest)) + "\n";
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
        if (trial.differences(changed).isEmpty()) {
            return false;
        }
        smallest = changed;
        return true;
    }
}
