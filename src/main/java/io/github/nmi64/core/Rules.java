package io.github.nmi64.core;

/**
 * The points on which processors differ or the manual leaves a choice (points marked VENDOR or [?] in the semantics
 * list). Printed with every result, never a hidden constant.
 *
 * @param vendor whose rule applies where Intel and AMD differ (TP-187, TP-190, TP-193, ...)
 * @param unblockAtIretStart true: an IRET unblocks NMIs when it begins, so also one that faults (TP-010); false: only when
 *     it succeeds
 * @param stiShadowHoldsNmi whether the boundary after STI holds an NMI back (TP-068)
 * @param movSsChains true: every MOV SS of a sequence casts a shadow; false: only the first (TP-060)
 * @param istKeepsSs true: a stack switch through an IST without change of CPL leaves SS alone; false: loads null (TP-104)
 */
public record Rules(
        Vendor vendor, boolean unblockAtIretStart, boolean stiShadowHoldsNmi, boolean movSsChains, boolean istKeepsSs) {
    /** Whose manual decides. */
    public enum Vendor {
        INTEL,
        AMD
    }

    /** The Intel manual's rules. */
    public static final Rules INTEL = new Rules(Vendor.INTEL, true, true, false, true);

    /** True if AMD's rule applies where vendors differ. */
    public boolean amd() {
        return vendor == Vendor.AMD;
    }
}
