package io.github.nmi64.trace.sink;

import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.DeliveredEvent;
import org.jspecify.annotations.Nullable;

/**
 * One event of a trace.
 *
 * @param kind what happened
 * @param n instructions retired before it
 * @param cycle clock when it happened; for a delivery when it was complete
 * @param rip instruction it belongs to: the interrupted or faulting one, the IRET, or the next to execute
 * @param pin level of the NMI line afterwards
 * @param latched whether an NMI is latched afterwards
 * @param blocked whether NMIs are blocked afterwards
 * @param delivered the delivery, for the kinds that are one
 * @param detail for a person: the cause of a shutdown; else empty
 */
record TraceEvent(
        Kind kind,
        long n,
        long cycle,
        long rip,
        boolean pin,
        boolean latched,
        boolean blocked,
        @Nullable DeliveredEvent delivered,
        String detail) {

    /** What an event can be. */
    enum Kind {
        NMI("nmi"),
        EXCEPTION("exception"),
        INTERRUPT("interrupt"),
        IRET_UNBLOCKS("iret-unblocks"),
        ASSERT("assert"),
        LATCH("latch"),
        MERGE("merge"),
        WAKE("wake"),
        SHUTDOWN("shutdown");

        private final String keyword;

        Kind(String keyword) {
            this.keyword = keyword;
        }

        /** Its name in a trace. */
        String keyword() {
            return keyword;
        }
    }

    static TraceEvent of(Kind kind, CpuState state, long rip, long cycle, long retired, String detail) {
        return new TraceEvent(
                kind,
                retired,
                cycle,
                rip,
                state.interrupts.nmiLine,
                state.interrupts.nmiLatched,
                state.interrupts.nmiBlocked,
                null,
                detail);
    }

    static TraceEvent of(CpuState state, DeliveredEvent delivered, long cycle, long retired) {
        return new TraceEvent(
                kind(delivered),
                retired,
                cycle,
                delivered.fromRip(),
                state.interrupts.nmiLine,
                state.interrupts.nmiLatched,
                state.interrupts.nmiBlocked,
                delivered,
                "");
    }

    /** INT3, INTO and INT1 raise exceptions (SDM vol. 3, 6.4.2), as does any vector below 32 that software names. */
    private static Kind kind(DeliveredEvent delivered) {
        return switch (delivered.type()) {
            case NMI -> Kind.NMI;
            case EXTERNAL_INTERRUPT -> Kind.INTERRUPT;
            case HARDWARE_EXCEPTION, PRIVILEGED_SOFTWARE_EXCEPTION, SOFTWARE_EXCEPTION -> Kind.EXCEPTION;
            case SOFTWARE_INTERRUPT -> delivered.vector() < 32 ? Kind.EXCEPTION : Kind.INTERRUPT;
        };
    }
}
