package io.github.nmi64.bits;

import org.slf4j.LoggerFactory;

/**
 * What is told beside results, through SLF4J. The log is loaded by the first message and not before, so that a run that has
 * nothing to say does not wait for it.
 */
public final class Log {
    private static volatile boolean verbose;

    private Log() {}

    /** From now on {@link #debug} tells what it is given. */
    public static void beVerbose() {
        verbose = true;
    }

    /** True if {@link #debug} tells what it is given. */
    public static boolean isVerbose() {
        return verbose;
    }

    /**
     * Warns of something the user did not ask for.
     *
     * @param by who tells it
     * @param format {@code {}} stands for a value, as in SLF4J
     */
    public static void warn(Class<?> by, String format, Object... values) {
        LoggerFactory.getLogger(by).warn(format, values);
    }

    /** Tells what helps to find out why something is as it is; only if somebody wants to know. */
    public static void debug(Class<?> by, String format, Object... values) {
        if (verbose) {
            LoggerFactory.getLogger(by).debug(format, values);
        }
    }
}
