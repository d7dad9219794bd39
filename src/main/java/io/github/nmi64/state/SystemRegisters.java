package io.github.nmi64.state;

import io.github.nmi64.bits.Digest;
import io.github.nmi64.isa.Segment;
import java.util.Arrays;
import java.util.List;

/**
 * The digest of the registers that few instructions change: segments with their hidden parts, tables, control and debug
 * registers, MSRs. It is kept, and computed anew only when one of them differs from what it was, since it is asked for at
 * every boundary.
 */
public final class SystemRegisters {
    /** Names of the words of {@link #collect}; the two limits of the tables share one. */
    public static final List<String> NAMES = List.of(
            "gdt_base",
            "idt_base",
            "table_limits",
            "kernel_gs_base",
            "cr0",
            "cr3",
            "cr4",
            "cr8",
            "dr0",
            "dr1",
            "dr2",
            "dr3",
            "dr6",
            "dr7",
            "efer",
            "star",
            "lstar",
            "cstar",
            "fmask",
            "sysenter_cs",
            "sysenter_esp",
            "sysenter_eip",
            "tsc_aux",
            "pat",
            "spec_ctrl",
            "mcg_status");

    private static final int SEGMENT_WORDS = 3 * Segment.COUNT;
    /** Index in {@link #NAMES}: a message to the next debug handler, whose event sets it anew. */
    public static final int DR6 = NAMES.indexOf("dr6");
    /** Index in {@link #NAMES}: a message to the machine-check handler, likewise. */
    public static final int MCG_STATUS = NAMES.indexOf("mcg_status");

    private static final int WORDS = SEGMENT_WORDS + NAMES.size();

    private final Digest digest = new Digest();
    private long[] digested = new long[WORDS];
    private long[] now = new long[WORDS];
    private boolean isFirst = true;

    /** The digest of a processor's system registers; to be copied and added to, not changed. */
    public Digest digest(CpuState state) {
        state.segments.collect(now, 0);
        collect(state, now, SEGMENT_WORDS);
        return digestOfNow();
    }

    /**
     * As {@link #digest}, of what a program can count on: not what the processor writes into registers when it delivers an
     * event, which is for the event's handler.
     *
     * @param withDebugStatus whether DR6 counts all the same
     * @param withAllStatus whether all of that counts
     */
    public Digest digestForProgram(CpuState state, boolean withDebugStatus, boolean withAllStatus) {
        state.segments.collect(now, 0);
        collect(state, now, SEGMENT_WORDS);
        if (!withAllStatus) {
            now[SEGMENT_WORDS + MCG_STATUS] = 0;
        }
        if (!withAllStatus && !withDebugStatus) {
            now[SEGMENT_WORDS + DR6] = 0;
        }
        return digestOfNow();
    }

    private Digest digestOfNow() {
        if (isFirst || !Arrays.equals(now, digested)) {
            isFirst = false;
            long[] other = digested;
            digested = now;
            now = other;
            digest.reset();
            for (int i = 0; i < WORDS; i += 2) {
                digest.add(digested[i], digested[i + 1]);
            }
        }
        return digest;
    }

    /** Puts all but the segments into words from {@code first} on, in the order of {@link #NAMES}. */
    public static void collect(CpuState state, long[] words, int first) {
        int at = first;
        words[at++] = state.gdtBase;
        words[at++] = state.idtBase;
        words[at++] = (long) state.gdtLimit << 32 | state.idtLimit & 0xffff_ffffL;
        words[at++] = state.kernelGsBase;
        words[at++] = state.cr0;
        words[at++] = state.cr3;
        words[at++] = state.cr4;
        words[at++] = state.cr8;
        System.arraycopy(state.dr, 0, words, at, 4);
        at += 4;
        words[at++] = state.dr6;
        words[at++] = state.dr7;
        words[at++] = state.efer;
        words[at++] = state.star;
        words[at++] = state.lstar;
        words[at++] = state.cstar;
        words[at++] = state.fmask;
        words[at++] = state.sysenterCs;
        words[at++] = state.sysenterEsp;
        words[at++] = state.sysenterEip;
        words[at++] = state.tscAux;
        words[at++] = state.pat;
        words[at++] = state.specCtrl;
        words[at] = state.mcgStatus;
    }
}
