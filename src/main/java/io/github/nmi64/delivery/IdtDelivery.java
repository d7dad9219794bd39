package io.github.nmi64.delivery;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.segmentation.Descriptor;
import io.github.nmi64.segmentation.DescriptorTables;
import io.github.nmi64.segmentation.TaskStacks;
import io.github.nmi64.state.Activity;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.EventType;

/**
 * Delivers events through the IDT in long mode (SDM vol. 2, "INT n/INTO/INT3/INT1", operation for IA-32e mode; vol. 3,
 * 6.14). Checks stand in the manual's order, because the order decides which fault a broken table gives. Nothing but
 * memory below the new stack top is changed before the last check has passed.
 */
final class IdtDelivery {
    private IdtDelivery() {}

    /** @throws Fault if the delivery faults; nothing but memory below the new stack top has changed then */
    static void enter(Core core, DeliveryRequest request) {
        CpuState state = core.state;
        int ext = request.ext();
        IdtGate gate = gate(core, request.type(), request.vector(), ext);
        Descriptor code = handlerCode(core, gate.selector(), ext);
        int cpl = code.isConforming() ? state.cpl : code.dpl();
        long top = stackTop(core, gate.ist(), cpl, ext) & -16;
        DeliveredEvent event = new DeliveredEvent(
                request.type(),
                request.vector(),
                request.hasErrorCode(),
                request.errorCode(),
                gate.ist(),
                state.rip,
                state.selector(Segment.CS),
                state.gpr[Gpr.RSP],
                request.savedFlags(),
                state.selector(Segment.SS),
                top - (request.hasErrorCode() ? 48 : 40));
        pushFrame(core, event, top, cpl, ext);
        // A gate to a non-canonical handler is noticed only now (TP-102).
        if (!LinearMemory.isCanonical(gate.offset())) {
            throw Fault.generalProtection(ext);
        }
        DescriptorTables.markAccessed(core, gate.selector(), code);
        commit(core, gate, code, cpl, event);
    }

    private static IdtGate gate(Core core, EventType type, int vector, int ext) {
        CpuState state = core.state;
        int indexCode = vector * 8 + 2 + ext;
        // The whole gate must lie within the IDT's limit, else #GP(vector * 8 + 2 + EXT).
        if (vector * IdtGate.SIZE + IdtGate.SIZE - 1 > state.idtLimit) {
            throw Fault.generalProtection(indexCode);
        }
        long address = state.idtBase + (long) vector * IdtGate.SIZE;
        IdtGate gate = new IdtGate(core.memory.readSystem(address, 64), core.memory.readSystem(address + 8, 64));
        // It must be a 64-bit interrupt or trap gate, else #GP.
        if (!gate.isInterruptOrTrapGate()) {
            throw Fault.generalProtection(indexCode);
        }
        // Software interrupts need CPL <= gate DPL, else #GP.
        if (type.isSubjectToDpl() && state.cpl > gate.dpl()) {
            throw Fault.generalProtection(indexCode);
        }
        // The gate must be present, else #NP.
        if (!gate.isPresent()) {
            throw Fault.of(Vector.NP, indexCode);
        }
        return gate;
    }

    private static Descriptor handlerCode(Core core, int selector, int ext) {
        // The selector must not be null, else #GP(EXT).
        if (DescriptorTables.isNull(selector)) {
            throw Fault.generalProtection(ext);
        }
        int selectorCode = selector & 0xfffc | ext;
        Descriptor code = DescriptorTables.read(core, selector, ext);
        // It must name a code segment at most as privileged as needed, and 64-bit code, else #GP(selector + EXT).
        if (!code.isCode() || code.dpl() > core.state.cpl || !code.isLong() || code.isBig()) {
            throw Fault.generalProtection(selectorCode);
        }
        // The segment must be present, else #NP(selector + EXT).
        if (!code.isPresent()) {
            throw Fault.of(Vector.NP, selectorCode);
        }
        return code;
    }

    /** The stack to push on, before alignment: IST, else RSP0-2 on a change of CPL, else the current one (TP-092). */
    private static long stackTop(Core core, int ist, int cpl, int ext) {
        if (ist != 0) {
            return TaskStacks.ofInterrupt(core, ist, ext);
        }
        return cpl == core.state.cpl ? core.state.gpr[Gpr.RSP] : TaskStacks.ofLevel(core, cpl, ext);
    }

    /**
     * Pushes the frame downward, a quadword a slot; the first push that fails is reported (TP-097, TP-098, TP-100).
     *
     * <pre>
     *                                RSP in the handler plus
     *                     without error code     with error code
     *   top               (multiple of 16, not written)
     *   top -  8  SS             32                    40
     *   top - 16  RSP            24                    32
     *   top - 24  RFLAGS         16                    24
     *   top - 32  CS              8                    16
     *   top - 40  RIP             0                     8
     *   top - 48  error code      -                     0
     * </pre>
     */
    private static void pushFrame(Core core, DeliveredEvent event, long top, int cpl, int ext) {
        push(core, top - 8, event.fromSs(), cpl, ext);
        push(core, top - 16, event.fromRsp(), cpl, ext);
        push(core, top - 24, event.fromRflags(), cpl, ext);
        push(core, top - 32, event.fromCs(), cpl, ext);
        push(core, top - 40, event.fromRip(), cpl, ext);
        if (event.hasErrorCode()) {
            push(core, top - 48, event.errorCode() & 0xffff_ffffL, cpl, ext);
        }
    }

    private static void push(Core core, long address, long value, int cpl, int ext) {
        if (!LinearMemory.isCanonical(address)) {
            throw Fault.stack(ext);
        }
        core.memory.writeFrame(address, value, cpl);
    }

    private static void commit(Core core, IdtGate gate, Descriptor code, int cpl, DeliveredEvent event) {
        CpuState state = core.state;
        boolean stackSwitch = gate.ist() != 0 || cpl != state.cpl;
        if (cpl != state.cpl || gate.ist() != 0 && !core.rules.istKeepsSs()) {
            DescriptorTables.loadNullStack(core, cpl);
        }
        DescriptorTables.loadCode(core, gate.selector(), code, cpl);
        state.gpr[Gpr.RSP] = event.frame();
        state.rip = gate.offset();
        long cleared = Rflags.TF | Rflags.NT | Rflags.RF | Rflags.VM | (gate.clearsIf() ? Rflags.IF : 0);
        state.rflags &= ~cleared;
        state.activity = Activity.ACTIVE;
        // Delivery ends an interrupt shadow and drops the single-step trap of the instruction it follows (TP-072,
        // TP-135).
        state.interrupts.shadow = 0;
        state.interrupts.coveringShadow = 0;
        state.interrupts.stepping = false;
        state.interrupts.endRepetition();
        core.clock.now += core.costs.delivery(stackSwitch);
        core.modeChanged();
        core.sink.delivered(state, event, core.clock.now, core.retired);
    }
}
