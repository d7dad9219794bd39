package io.github.nmi64.segmentation;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.core.Stack;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.SegmentState;

/**
 * What IRET and RETF have in common in long mode: the checks of the popped CS, RIP and SS, in this order (TP-147), and the
 * load of the registers (SDM vol. 2, "IRET" and "RET"). The checks change nothing; {@link #commit} cannot fault once its
 * descriptors are marked as accessed.
 */
public final class FarReturn {
    private FarReturn() {}

    /**
     * Checks a popped CS selector; its RPL is the privilege level returned to.
     *
     * @return its descriptor
     * @throws Fault #GP(0), #GP(selector) or #NP(selector) (TP-142, TP-143)
     */
    public static Descriptor checkCode(Core core, int selector) {
        // The selector must not be null, else #GP(0).
        if (DescriptorTables.isNull(selector)) {
            throw Fault.generalProtection(0);
        }
        int errorCode = selector & 0xfffc;
        int rpl = selector & 3;
        // It must lie within its table, else #GP(selector).
        Descriptor code = DescriptorTables.read(core, selector, 0);
        // It must name code, in long mode not with both L and D set, else #GP(selector).
        if (!code.isCode() || code.isLong() && code.isBig()) {
            throw Fault.generalProtection(errorCode);
        }
        // A return cannot go to an inner level, else #GP(selector).
        if (rpl < core.state.cpl) {
            throw Fault.generalProtection(errorCode);
        }
        // Conforming: DPL <= RPL; non-conforming: DPL = RPL; else #GP(selector).
        if (code.isConforming() ? code.dpl() > rpl : code.dpl() != rpl) {
            throw Fault.generalProtection(errorCode);
        }
        // It must be present, else #NP(selector).
        if (!code.isPresent()) {
            throw Fault.of(Vector.NP, errorCode);
        }
        return code;
    }

    /**
     * Checks an instruction pointer against the code segment it goes with.
     *
     * @return the value RIP gets: the low half for compatibility mode
     * @throws Fault #GP(0) if not canonical, or beyond the limit in compatibility mode (TP-146, TP-148, TP-221)
     */
    public static long checkTarget(Descriptor code, long offset) {
        long target = code.isLong() ? offset : offset & 0xffff_ffffL;
        boolean legal = code.isLong() ? LinearMemory.isCanonical(target) : target <= code.limit();
        if (!legal) {
            throw Fault.generalProtection(0);
        }
        return target;
    }

    /**
     * Checks a popped SS selector.
     *
     * @param cpl the privilege level returned to
     * @return its descriptor; one without any bit set for a legal null selector
     * @throws Fault #GP(0), #GP(selector) or #SS(selector) (TP-144, TP-145)
     */
    public static Descriptor checkStack(Core core, int selector, int cpl, Descriptor code) {
        if (!DescriptorTables.isNull(selector)) {
            return SegmentRegisters.stack(core, selector, cpl);
        }
        // Null is legal for 64-bit code at CPL 0 to 2 with RPL = CPL, else #GP(0).
        if (!code.isLong() || cpl == 3 || (selector & 3) != cpl) {
            throw Fault.generalProtection(0);
        }
        return new Descriptor(0);
    }

    /** Sets the accessed bits of checked descriptors, the last thing that can fault. */
    public static void markAccessed(Core core, int cs, Descriptor code, int ss, Descriptor stack) {
        DescriptorTables.markAccessed(core, cs, code);
        if (!DescriptorTables.isNull(ss)) {
            DescriptorTables.markAccessed(core, ss, stack);
        }
    }

    /**
     * Loads CS, RIP, SS and RSP and, on a return to an outer level, takes away what that level may not use.
     *
     * @param rip as {@link #checkTarget} gave it
     * @param rsp the popped stack pointer; not checked (TP-149)
     */
    public static void commit(Core core, int cs, Descriptor code, long rip, int ss, Descriptor stack, long rsp) {
        CpuState state = core.state;
        int cpl = cs & 3;
        boolean outer = cpl > state.cpl;
        DescriptorTables.loadCode(core, cs, code, cpl);
        state.rip = rip;
        loadStack(core, code, ss, stack, cpl, rsp);
        if (outer) {
            SegmentRegisters.withdrawPrivileged(core, cpl);
        }
        core.modeChanged();
    }

    /**
     * Loads CS and RIP and releases {@code bytes} of the stack, for a return that stays at its level and pops no stack
     * pointer.
     */
    public static void commitSameLevel(Core core, int cs, Descriptor code, long rip, long bytes) {
        DescriptorTables.markAccessed(core, cs, code);
        Stack.adjust(core, bytes); // by the old mode's rules
        DescriptorTables.loadCode(core, cs, code, cs & 3);
        core.state.rip = rip;
        core.modeChanged();
    }

    /** A return to a 16-bit stack loads SP only and shows the rest of the old RSP (TP-159). */
    private static void loadStack(Core core, Descriptor code, int ss, Descriptor stack, int cpl, long rsp) {
        if (DescriptorTables.isNull(ss)) {
            DescriptorTables.loadNullStack(core, cpl);
        } else {
            SegmentRegisters.cache(core, Segment.SS, ss, stack);
        }
        long[] gpr = core.state.gpr;
        if (code.isLong()) {
            gpr[Gpr.RSP] = rsp;
        } else if ((core.state.segments.rights[Segment.SS] & SegmentState.BIG) != 0) {
            gpr[Gpr.RSP] = rsp & 0xffff_ffffL;
        } else {
            gpr[Gpr.RSP] = gpr[Gpr.RSP] & ~0xffffL | rsp & 0xffff;
        }
    }
}
