package io.github.nmi64.cpu;

import io.github.nmi64.core.Core;
import io.github.nmi64.delivery.Delivery;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Activity;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.DebugStatus;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.trace.EventType;

/**
 * What may be taken between two instructions. The order of declaration is the priority (SDM vol. 3, table 6-2; TP-030).
 * Code breakpoints and faults of the next instruction come after all of them.
 */
enum BoundaryEvent {
    /**
     * #MC. The processor shuts down instead if CR4.MCE is clear (SDM vol. 3, 2.5, MCE) or if another one is in progress,
     * which is so until software clears MCG_STATUS.MCIP (SDM vol. 3, 15.3.1.2). No shadow holds it.
     */
    MACHINE_CHECK {
        @Override
        boolean deliverable(Core core) {
            return core.state.interrupts.machineCheck && core.state.activity != Activity.SHUTDOWN;
        }

        @Override
        void take(Core core) {
            core.state.interrupts.machineCheck = false;
            if ((core.state.cr4 & Control.CR4_MCE) == 0) {
                Delivery.shutDown(core, "machine check while CR4.MCE is clear");
            } else if ((core.state.mcgStatus & Control.MCG_MCIP) != 0) {
                Delivery.shutDown(core, "machine check while MCG_STATUS.MCIP is set");
            } else {
                core.state.mcgStatus = Control.MCG_MCIP | Control.MCG_RIPV;
                Delivery.external(core, EventType.HARDWARE_EXCEPTION, Vector.MC);
            }
        }
    },

    /** Single step, data and I/O breakpoints of the previous instruction. Held by a MOV SS shadow only (TP-062, TP-069). */
    DEBUG_TRAP {
        @Override
        boolean deliverable(Core core) {
            InterruptState interrupts = core.state.interrupts;
            return interrupts.debugTrap
                    && interrupts.coveringShadow != InterruptState.MOV_SS_SHADOW
                    && core.state.activity != Activity.SHUTDOWN;
        }

        @Override
        void take(Core core) {
            InterruptState interrupts = core.state.interrupts;
            DebugStatus.raise(core.state, interrupts.debugStatus);
            interrupts.debugTrap = false;
            interrupts.debugStatus = 0;
            Delivery.external(core, EventType.HARDWARE_EXCEPTION, Vector.DB);
        }
    },

    /** NMI: latched and not blocked (SDM vol. 3, 6.7). Blocking begins with acceptance (TP-006). */
    NMI {
        @Override
        boolean deliverable(Core core) {
            InterruptState interrupts = core.state.interrupts;
            boolean held = interrupts.coveringShadow == InterruptState.MOV_SS_SHADOW
                    || interrupts.coveringShadow == InterruptState.STI_SHADOW && core.rules.stiShadowHoldsNmi();
            return interrupts.nmiDeliverable() && !held;
        }

        @Override
        void take(Core core) {
            core.state.interrupts.nmiLatched = false;
            core.state.interrupts.nmiBlocked = true;
            Delivery.external(core, EventType.NMI, Vector.NMI);
        }
    },

    /** Maskable interrupt: requested, IF set, above the task priority; held by either shadow (TP-066). */
    INTERRUPT {
        @Override
        boolean deliverable(Core core) {
            return core.interruptDeliverable()
                    && core.state.interrupts.coveringShadow == InterruptState.NO_SHADOW
                    && core.state.activity != Activity.SHUTDOWN;
        }

        @Override
        void take(Core core) {
            int vector = core.state.interrupts.highestRequest();
            core.state.interrupts.acknowledge(vector);
            Delivery.external(core, EventType.EXTERNAL_INTERRUPT, vector);
        }
    },

    /**
     * A breakpoint planted from outside at an instruction, of which it is a part: so it comes last, only there, and only
     * while instructions execute. The frame's RIP is that of the instruction, as if the handler had put the original back.
     */
    INJECTED_INT3 {
        @Override
        boolean deliverable(Core core) {
            InterruptState interrupts = core.state.interrupts;
            return interrupts.injectedInt3
                    && interrupts.injectedInt3Rip == core.state.rip
                    && core.state.activity == Activity.ACTIVE;
        }

        @Override
        void take(Core core) {
            core.state.interrupts.injectedInt3 = false;
            core.state.interrupts.injectedInt3Rip = 0;
            Delivery.external(core, EventType.HARDWARE_EXCEPTION, Vector.BP);
        }
    };

    /** True if the event is pending and nothing holds it at this boundary. */
    abstract boolean deliverable(Core core);

    /** Consumes the event and delivers it. */
    abstract void take(Core core);
}
