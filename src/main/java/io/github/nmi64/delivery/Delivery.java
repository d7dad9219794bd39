package io.github.nmi64.delivery;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Unsupported;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Activity;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.EventType;
import org.jspecify.annotations.Nullable;

/**
 * The front door of event delivery: who may ask, what follows if the delivery itself faults, and how the processor shuts
 * down. The way through the IDT is {@link IdtDelivery}'s.
 */
public final class Delivery {
    /** In the place of a vector: an instruction raised the fault, not the delivery of an event. */
    private static final int NONE = -1;

    private Delivery() {}

    /**
     * Delivers an NMI, an interrupt, a trap or a code breakpoint recognised at a boundary: RF is saved as it is (TP-111,
     * TP-181). A fault on the way replaces the event, which is lost (TP-113), and is delivered in its place.
     */
    public static void external(Core core, EventType type, int vector) {
        try {
            IdtDelivery.enter(core, new DeliveryRequest(type, vector, false, 0, resumeFlags(core), 1));
        } catch (Fault fault) {
            core.sink.lost(core.state, type, vector, core.clock.now, core.retired);
            follow(core, fault, vector);
        }
    }

    /**
     * Delivers INT n, INT3, INTO or INT1 from within the instruction; RIP is already the return address.
     *
     * @throws Fault if the delivery faults; the instruction is then the faulting one (TP-118)
     */
    public static void software(Core core, EventType type, int vector) {
        int ext = type.isSubjectToDpl() ? 0 : 1;
        IdtDelivery.enter(core, new DeliveryRequest(type, vector, false, 0, core.state.rflags, ext));
        if (type == EventType.PRIVILEGED_SOFTWARE_EXCEPTION) {
            dropDebugTrap(core); // INT1 raises #DB itself, so a trap a MOV SS deferred goes with it (TP-063)
        }
    }

    /**
     * Delivers a fault; RIP is that of the faulting instruction. Faults on the way follow the double-fault rules (SDM
     * vol. 3, table 6-5; TP-124) until one of them is delivered or the processor shuts down.
     *
     * @throws Unsupported in place of a shutdown if the instruction is valid on other processors ({@link Fault#lacking})
     */
    public static void exception(Core core, Fault fault) {
        follow(core, fault, NONE);
    }

    /** Delivers {@code origin}, which the delivery of {@code external} raised, or {@link #NONE} an instruction. */
    private static void follow(Core core, Fault origin, int external) {
        // A fault drops the debug trap its instruction or an earlier MOV SS left pending (TP-063, TP-173).
        dropDebugTrap(core);
        @Nullable Fault current = origin;
        while (current != null) {
            if (current.vector() == Vector.PF) {
                core.state.cr2 = current.linearAddress();
            }
            try {
                boolean hasErrorCode = Vector.pushesErrorCode(current.vector());
                // RF, so that a breakpoint on the instruction does not hit again (TP-111).
                long flags = core.state.rflags | Rflags.RF;
                IdtDelivery.enter(
                        core,
                        new DeliveryRequest(
                                EventType.HARDWARE_EXCEPTION,
                                current.vector(),
                                hasErrorCode,
                                current.errorCode(),
                                flags,
                                1));
                return;
            } catch (Fault second) {
                current = combine(core, current, second);
                if (current == null) {
                    refuse(origin);
                    shutDown(core, tripleFault(core, origin, external, second));
                }
            }
        }
    }

    /** Nobody handles the fault of an instruction this processor lacks: then the guest did nothing wrong but to try it. */
    private static void refuse(Fault origin) {
        String facility = origin.lacking();
        if (facility != null) {
            throw new Unsupported(facility + "; nothing handles the " + Vector.name(origin.vector()));
        }
    }

    private static void dropDebugTrap(Core core) {
        core.state.interrupts.debugTrap = false;
        core.state.interrupts.debugStatus = 0;
    }

    /** RF as saved at a boundary: set in the middle of a repeated string instruction (TP-074). */
    private static long resumeFlags(Core core) {
        return core.state.interrupts.repeating ? core.state.rflags | Rflags.RF : core.state.rflags;
    }

    /** The fault to deliver after {@code second} occurred while delivering {@code first}; null for a triple fault. */
    private static @Nullable Fault combine(Core core, Fault first, Fault second) {
        if (second.vector() == Vector.PF) {
            core.state.cr2 = second.linearAddress(); // CR2 keeps the last page fault, delivered or not (TP-122)
        }
        boolean secondSevere = Vector.contributory(second.vector()) || second.vector() == Vector.PF;
        if (first.vector() == Vector.DF && secondSevere) {
            return null;
        }
        boolean doubleFault = Vector.contributory(first.vector()) && Vector.contributory(second.vector())
                || first.vector() == Vector.PF && secondSevere;
        if (!doubleFault) {
            return second;
        }
        return Fault.of(Vector.DF, 0);
    }

    /** What began the chain and what ended it: whoever has no working IDT wants to know the first. */
    private static String tripleFault(Core core, Fault origin, int external, Fault last) {
        String first = origin.getMessage() + (external == NONE ? "" : " while delivering " + Vector.name(external));
        String chain = "triple fault: " + first + ", in the end " + last.getMessage() + " while delivering #DF";
        if (core.state.idtLimit != 0) {
            return chain;
        }
        String who =
                external == NONE ? "there is no IDT yet" : Vector.name(external) + " arrives before there is an IDT";
        return chain + "; " + who + " (IDTR.limit is 0)";
    }

    /** Stops the processor until an NMI or reset (SDM vol. 3, 6.15, interrupt 8). */
    public static void shutDown(Core core, String cause) {
        core.state.activity = Activity.SHUTDOWN;
        core.state.interrupts.stepping = false;
        core.refreshAttention();
        core.sink.shutdown(core.state, cause, core.clock.now, core.retired);
    }
}
