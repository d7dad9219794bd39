package io.github.nmi64.oracle;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** What became of a {@link CpuCase}, on the host or in the emulator. */
public final class CpuOutcome {
    /** First address a program cannot map: the last page of the canonical low half is kept free. */
    private static final long LINUX_TASK_SIZE = 0x7fff_ffff_f000L;

    /** {@link #status}: executed; {@link #vector} says how it ended. */
    public static final int RAN = 0;
    /** {@link #status}: the host does not execute this instruction. */
    public static final int REFUSED = 1;
    /** {@link #status}: the case itself is wrong. */
    public static final int BAD_REQUEST = 2;
    /** {@link #status}: the executing process died. */
    public static final int CRASHED = 3;
    /** {@link #status}: {@link CpuCase#maxTraps} was used up. */
    public static final int LIMIT = 4;

    /** Flags that are compared: what user-mode instructions can change and stepping does not. */
    private static final long COMPARED = Rflags.STATUS | Rflags.DF | Rflags.NT | Rflags.AC | Rflags.ID;

    /** One of the constants above. */
    public int status;
    /** 1 after an instruction that was single-stepped, 3 after one that ran into the breakpoint, else its exception. */
    public int vector;

    public final long[] gpr = new long[Gpr.COUNT];
    public long rflags;
    public long fsBase;
    public long gsBase;
    public long rip;
    public long errorCode;
    /** Address of a page fault, else 0. */
    public long cr2;
    /** Selectors in the order ES CS SS DS FS GS. */
    public final int[] selectors = new int[6];
    /** First and last address changed outside the window, 0 if none. */
    public int changedFirst;

    public int changedLast;
    /** FNV-1a of the watched bytes from first to last, the window as it was before any case. */
    public long changedHash;
    /** Contents of the window afterwards. */
    public byte[] window = {};

    /** True if an exception ended it instead of the step or the breakpoint behind it. */
    public boolean faulted() {
        return status == RAN && vector != Vector.DB && vector != Vector.BP;
    }

    /** Flags that both can show and that differ. */
    public long differingFlags(CpuOutcome other) {
        return (rflags ^ other.rflags) & COMPARED;
    }

    /** How it ended, with what a reduced case's reader asks first: exception, CR2, RIP. */
    public String ending() {
        String end =
                switch (status) {
                    case REFUSED -> "not executed";
                    case BAD_REQUEST -> "not taken";
                    case CRASHED -> "killed the executing process";
                    case LIMIT -> "goes on after the last step asked for";
                    default -> faulted() ? exception() : "ran";
                };
        return end + ", RIP " + Hex.of(rip) + ", CR2 " + Hex.of(cr2);
    }

    private String exception() {
        String code = Vector.pushesErrorCode(vector) ? "(" + Hex.of(errorCode) + ")" : "";
        return Vector.name(vector) + code;
    }

    /** One line for each difference, "what: host value, emulator value"; empty if there is none. */
    public List<String> differences(CpuOutcome emulated) {
        List<String> lines = new ArrayList<>();
        compare(lines, "status", status, emulated.status);
        compare(lines, "vector", vector, emulated.vector);
        for (int i = 0; i < gpr.length; i++) {
            compare(lines, Gpr.NAMES.get(i), gpr[i], emulated.gpr[i]);
        }
        compare(lines, "rflags", rflags & COMPARED, emulated.rflags & COMPARED);
        compare(lines, "rip", rip, emulated.rip);
        // For an address beyond what a program can map Linux itself sets P.
        long present = Long.compareUnsigned(cr2, LINUX_TASK_SIZE) >= 0 ? 1 : 0;
        compare(lines, "error code", errorCode | present, emulated.errorCode | present);
        compare(lines, "cr2", cr2, emulated.cr2);
        compare(lines, "fs base", fsBase, emulated.fsBase);
        compare(lines, "gs base", gsBase, emulated.gsBase);
        for (int i = 0; i < selectors.length; i++) {
            compare(lines, "selector " + i, selectors[i], emulated.selectors[i]);
        }
        compare(lines, "first change", changedFirst, emulated.changedFirst);
        compare(lines, "last change", changedLast, emulated.changedLast);
        compare(lines, "hash of changes", changedHash, emulated.changedHash);
        compareWindow(lines, emulated.window);
        return lines;
    }

    private void compareWindow(List<String> lines, byte[] other) {
        int at = Arrays.mismatch(window, other);
        if (at >= 0) {
            HexFormat hex = HexFormat.of();
            int end = Math.min(at + 16, window.length);
            lines.add("window from " + at + ": host " + hex.formatHex(window, at, end) + ", emulator "
                    + hex.formatHex(other, at, Math.min(end, other.length)));
        }
    }

    private static void compare(List<String> lines, String what, long host, long emulator) {
        if (host != emulator) {
            lines.add(what + ": host " + Hex.of(host) + ", emulator " + Hex.of(emulator));
        }
    }
}
