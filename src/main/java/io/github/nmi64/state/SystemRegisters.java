package io.github.nmi64.state;

import io.github.nmi64.bits.Digest;
import java.util.Arrays;

/**
 * The digest of the registers that few instructions change: segments with their hidden parts, tables, control and debug
 * registers, MSRs. It is kept, and computed anew only when one of them differs from what it was, since it is asked for at
 * every boundary.
 */
public final class SystemRegisters {
    private static final int WORDS = 48;

    private final Digest digest = new Digest();
    private long[] digested = new long[WORDS];
    private long[] now = new long[WORDS];
    private boolean isFirst = true;

    /** The digest of a processor's system registers; to be copied and added to, not changed. */
    public Digest digest(CpuState state) {
        collect(state);
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

    private void collect(CpuState state) {
        int at = state.segments.collect(now, 0);
        now[at++] = state.gdtBase;
        now[at++] = state.idtBase;
        now[at++] = (long) state.gdtLimit << 32 | state.idtLimit & 0xffff_ffffL;
        now[at++] = state.kernelGsBase;
        now[at++] = state.cr0;
        now[at++] = state.cr3;
        now[at++] = state.cr4;
        now[at++] = state.cr8;
        System.arraycopy(state.breakpoints, 0, now, at, 4);
        at += 4;
        now[at++] = state.dr6;
        now[at++] = state.dr7;
        now[at++] = state.efer;
        now[at++] = state.star;
        now[at++] = state.lstar;
        now[at++] = state.cstar;
        now[at++] = state.fmask;
        now[at++] = state.sysenterCs;
        now[at++] = state.sysenterEsp;
        now[at++] = state.sysenterEip;
        now[at++] = state.tscAux;
        now[at] = state.pat;
    }
}
