package io.github.nmi64.state;

/** Bits of CR0, CR3, CR4, EFER, DR6, DR7 and IA32_MCG_STATUS that the machine implements (SDM vol. 3, 2.5, 2.2.1 and 17.2.4). */
public final class Control {
    public static final long CR0_PE = 1;
    public static final long CR0_MP = 1 << 1;
    public static final long CR0_EM = 1 << 2;
    public static final long CR0_TS = 1 << 3;
    public static final long CR0_ET = 1 << 4;
    public static final long CR0_NE = 1 << 5;
    public static final long CR0_WP = 1 << 16;
    public static final long CR0_AM = 1 << 18;
    public static final long CR0_NW = 1 << 29;
    public static final long CR0_CD = 1 << 30;
    public static final long CR0_PG = 1L << 31;

    /** CR3: the process-context identifier, if CR4.PCIDE is set. */
    public static final long CR3_PCID = 0xfff;
    /** In a value for CR3, if CR4.PCIDE is set: keep the translations. Not stored. */
    public static final long CR3_NO_FLUSH = 1L << 63;

    public static final long CR4_TSD = 1 << 2;
    public static final long CR4_DE = 1 << 3;
    public static final long CR4_PSE = 1 << 4;
    public static final long CR4_PAE = 1 << 5;
    public static final long CR4_MCE = 1 << 6;
    public static final long CR4_PGE = 1 << 7;
    public static final long CR4_PCE = 1 << 8;
    public static final long CR4_OSFXSR = 1 << 9;
    public static final long CR4_OSXMMEXCPT = 1 << 10;
    public static final long CR4_UMIP = 1 << 11;
    public static final long CR4_FSGSBASE = 1 << 16;
    public static final long CR4_PCIDE = 1 << 17;
    public static final long CR4_OSXSAVE = 1 << 18;
    public static final long CR4_SMEP = 1 << 20;
    public static final long CR4_SMAP = 1 << 21;
    /** What other processors have: VME PVI OSFXSR OSXMMEXCPT LA57 VMXE SMXE PCIDE OSXSAVE KL PKE CET PKS UINTR. */
    public static final long CR4_ELSEWHERE =
            0x3 | CR4_OSFXSR | CR4_OSXMMEXCPT | 0x7000 | CR4_PCIDE | 0xc_0000 | 0x3c0_0000;

    public static final long EFER_SCE = 1;
    public static final long EFER_LME = 1 << 8;
    public static final long EFER_LMA = 1 << 10;
    public static final long EFER_NXE = 1 << 11;

    public static final long DR7_GD = 1 << 13;
    /** Bits of DR7 that enable a breakpoint, local or global. */
    public static final long DR7_ENABLES = 0xff;

    /** B0 to B3. */
    public static final long DR6_BREAKPOINTS = 0xf;

    public static final long DR6_BD = 1 << 13;
    public static final long DR6_BS = 1 << 14;
    /** DR6 after reset: the reserved bits that read as one. */
    public static final long DR6_RESET = 0xffff_0ff0L;

    public static final long DR7_RESET = 0x400;

    /** Restart IP valid: the program can go on after the machine check. */
    public static final long MCG_RIPV = 1;

    public static final long MCG_EIPV = 1 << 1;
    /** Machine check in progress. */
    public static final long MCG_MCIP = 1 << 2;

    private Control() {}
}
