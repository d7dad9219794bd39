package io.github.nmi64.core;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Bits of the one word the run loop tests at each boundary; zero means that the next instruction may simply execute. All
 * but {@link #EXIT}, {@link #PAUSE} and {@link #WATCH} are derived from the state by {@link Core#refreshAttention}; with assertions on,
 * each boundary that looks at the word checks that they agree with it.
 */
public final class Attention {
    /** An NMI is latched and not blocked. */
    public static final int NMI = 1;
    /** A maskable interrupt is requested and IF and the task priority let it through. */
    public static final int INTERRUPT = 1 << 1;
    /** A machine check waits. */
    public static final int MACHINE_CHECK = 1 << 2;
    /** A debug trap or a planted breakpoint waits, TF or RF is set, or a breakpoint register is enabled. */
    public static final int DEBUG = 1 << 3;
    /** An interrupt shadow begins or ends at the next boundary. */
    public static final int SHADOW = 1 << 4;
    /** The processor is halted or shut down. */
    public static final int INACTIVE = 1 << 5;
    /** The guest has ended the run: it stops at the next boundary. */
    public static final int EXIT = 1 << 6;
    /** Somebody wants to look at every boundary (an arrival bound to an address, a debugger). */
    public static final int WATCH = 1 << 7;
    /** The NMI line is high and must be seen to fall. */
    public static final int LINE = 1 << 8;

    /** Whoever runs the machine wants it to stop at the next boundary, from where it can go on. */
    public static final int PAUSE = 1 << 9;

    static final int EXTERNAL = EXIT | PAUSE | WATCH;

    private static final List<String> NAMES = List.of(
            "NMI", "INTERRUPT", "MACHINE_CHECK", "DEBUG", "SHADOW", "INACTIVE", "EXIT", "WATCH", "LINE", "PAUSE");

    private Attention() {}

    /** The names of the bits that are set, in order of the bits, or "none". */
    public static String names(int bits) {
        String names = IntStream.range(0, NAMES.size())
                .filter(bit -> (bits >>> bit & 1) != 0)
                .mapToObj(NAMES::get)
                .collect(Collectors.joining(" "));
        return names.isEmpty() ? "none" : names;
    }
}
