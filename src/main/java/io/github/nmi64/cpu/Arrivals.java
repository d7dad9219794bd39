package io.github.nmi64.cpu;

import io.github.nmi64.core.Core;

/**
 * The outside world's side of the pins: raises lines when their time has come. Called at boundaries only, and only at
 * those that one of those attached asked for through {@link #due} or {@link #wantsEveryBoundary}.
 */
public interface Arrivals {
    /** Nothing ever arrives. */
    Arrivals NONE = new Arrivals() {
        @Override
        public void atBoundary(Core core, EventInputs inputs) {}

        @Override
        public long due(Core core) {
            return Long.MAX_VALUE;
        }
    };

    /** Raises whatever is due at this boundary; RIP is that of the instruction that would execute next. */
    void atBoundary(Core core, EventInputs inputs);

    /**
     * The earliest cycle at which {@link #atBoundary} must be called again, or {@link Long#MAX_VALUE}. An arrival bound
     * to the number N of retired instructions is due no later than {@code now + N - retired}, as every instruction takes
     * at least a cycle.
     */
    long due(Core core);

    /** True if {@link #atBoundary} must be called at the next boundary, whenever that is; asked after each call. */
    default boolean wantsEveryBoundary() {
        return false;
    }
}
