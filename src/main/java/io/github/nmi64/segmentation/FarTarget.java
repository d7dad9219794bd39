package io.github.nmi64.segmentation;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Vector;

/**
 * Where a far JMP or CALL goes once every check has passed (SDM vol. 2, "JMP" and "CALL"; vol. 3, 5.8.1 and 5.8.3.1).
 *
 * @param selector selector for CS, its RPL without meaning
 * @param code the descriptor it names
 * @param rip where execution continues
 * @param cpl privilege level there
 * @param throughGate whether a call gate led there
 */
public record FarTarget(int selector, Descriptor code, long rip, int cpl, boolean throughGate) {
    private static final int CALL_GATE = 12;

    /** Checks a far JMP. @throws Fault #GP(0), #GP(selector) or #NP(selector) */
    public static FarTarget ofJump(Core core, int selector, long offset) {
        return of(core, selector, offset, false);
    }

    /** Checks a far CALL. @throws Fault #GP(0), #GP(selector) or #NP(selector) */
    public static FarTarget ofCall(Core core, int selector, long offset) {
        return of(core, selector, offset, true);
    }

    private static FarTarget of(Core core, int selector, long offset, boolean call) {
        // The selector must not be null, else #GP(0).
        if (DescriptorTables.isNull(selector)) {
            throw Fault.generalProtection(0);
        }
        Descriptor descriptor = DescriptorTables.read(core, selector, 0);
        if (descriptor.isCode()) {
            return direct(core, selector, descriptor, offset);
        }
        // Long mode knows one system descriptor to go through, the 64-bit call gate, else #GP(selector).
        if (descriptor.isCodeOrData() || descriptor.type() != CALL_GATE) {
            throw Fault.generalProtection(selector & 0xfffc);
        }
        return throughGate(core, selector, descriptor, call);
    }

    private static FarTarget direct(Core core, int selector, Descriptor code, long offset) {
        int errorCode = selector & 0xfffc;
        int cpl = core.state.cpl;
        // Code cannot have both L and D set, else #GP(selector).
        if (code.isLong() && code.isBig()) {
            throw Fault.generalProtection(errorCode);
        }
        // Conforming: DPL <= CPL; non-conforming: DPL = CPL and RPL <= CPL; else #GP(selector).
        boolean permitted = code.isConforming() ? code.dpl() <= cpl : code.dpl() == cpl && (selector & 3) <= cpl;
        if (!permitted) {
            throw Fault.generalProtection(errorCode);
        }
        // It must be present, else #NP(selector).
        if (!code.isPresent()) {
            throw Fault.of(Vector.NP, errorCode);
        }
        // The target must be canonical or within the limit, else #GP(0).
        return new FarTarget(selector, code, FarReturn.checkTarget(code, offset), cpl, false);
    }

    private static FarTarget throughGate(Core core, int gateSelector, Descriptor gate, boolean call) {
        int cpl = core.state.cpl;
        long high = upperHalf(core, gateSelector, gate);
        int selector = (int) (gate.raw() >>> 16) & 0xffff;
        int errorCode = selector & 0xfffc;
        // The gate's selector must not be null, else #GP(0).
        if (DescriptorTables.isNull(selector)) {
            throw Fault.generalProtection(0);
        }
        Descriptor code = DescriptorTables.read(core, selector, 0);
        // It must name 64-bit code, else #GP(selector).
        if (!code.isCode() || !code.isLong() || code.isBig()) {
            throw Fault.generalProtection(errorCode);
        }
        // A call may go inward, a jump only to the same level or to conforming code, else #GP(selector).
        boolean permitted = call || code.isConforming() ? code.dpl() <= cpl : code.dpl() == cpl;
        if (!permitted) {
            throw Fault.generalProtection(errorCode);
        }
        // It must be present, else #NP(selector).
        if (!code.isPresent()) {
            throw Fault.of(Vector.NP, errorCode);
        }
        long offset = gate.raw() & 0xffff | gate.raw() >>> 32 & 0xffff_0000L | high << 32;
        long rip = FarReturn.checkTarget(code, offset);
        return new FarTarget(selector, code, rip, code.isConforming() ? cpl : code.dpl(), true);
    }

    /** Checks the gate itself and reads its second half. */
    private static long upperHalf(Core core, int selector, Descriptor gate) {
        int errorCode = selector & 0xfffc;
        // DPL must not be below CPL or RPL, else #GP(selector).
        if (gate.dpl() < Math.max(core.state.cpl, selector & 3)) {
            throw Fault.generalProtection(errorCode);
        }
        // All 16 bytes must lie in the table and the second type field be zero, else #GP(selector).
        if (!DescriptorTables.contains(core, selector, 16)) {
            throw Fault.generalProtection(errorCode);
        }
        long high = core.memory.readSystem(DescriptorTables.address(core, selector) + 8, 64);
        if ((high >>> 40 & 0x1f) != 0) {
            throw Fault.generalProtection(errorCode);
        }
        // The gate must be present, else #NP(selector).
        if (!gate.isPresent()) {
            throw Fault.of(Vector.NP, errorCode);
        }
        return high;
    }
}
