package io.github.nmi64.oracle;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Gpr;
import java.util.HexFormat;

/**
 * One instruction with everything it starts from, in the memory map of {@code scripts/cpu-oracle/README.md}. Mutable until
 * it is run; run by {@link CpuOracle} on the host and by the emulator.
 */
public final class CpuCase {
    /** Two pages of code; the second is present only with {@link #SECOND_CODE_PAGE}. */
    public static final int CODE = 0x1000_0000;
    /** Two pages of data. */
    public static final int DATA = 0x2000_0000;
    /** One page that can only be read. */
    public static final int READ_ONLY = 0x2000_3000;
    /** One page meant for FS. */
    public static final int FS = 0x2100_0000;
    /** One page meant for GS. */
    public static final int GS = 0x2200_0000;
    /** Longest window in bytes. */
    public static final int MAX_WINDOW = 256;

    /** {@link #flags}: the second page of code is there. */
    public static final int SECOND_CODE_PAGE = 1;
    /** {@link #flags}: repeat while RIP stays at the instruction, at most {@link #maxTraps} times. */
    public static final int RUN_TO_END = 2;
    /** {@link #flags}: run into the breakpoint behind the code instead of single-stepping. */
    public static final int WITHOUT_TF = 4;

    /** How to run: the constants above. */
    public int flags;
    /** With {@link #RUN_TO_END}, how often at most. */
    public int maxTraps = 1;
    /** The instruction's bytes, 1 to 16; what follows them in memory is CC. */
    public byte[] code = {(byte) 0x90};
    /** Offset of the first byte from {@link #CODE}. */
    public int codeOffset;
    /** General-purpose registers in encoding order. */
    public final long[] gpr = new long[Gpr.COUNT];
    /** CF PF AF ZF SF DF OF NT AC ID; others are ignored. */
    public long rflags = 2;

    public long fsBase = FS;
    public long gsBase = GS;
    /** Where {@link #window} lies: within the data pages, the FS page or the GS page. */
    public int windowAddress = DATA;
    /** Contents of memory that differ from {@link #initialByte}. */
    public byte[] window = {};

    /** What memory holds outside the window. */
    public static byte initialByte(int address) {
        return (byte) (address * 37 + (address >>> 8) * 101 + (address >>> 24));
    }

    /** A case of its own with the same contents. */
    public CpuCase copy() {
        CpuCase copy = new CpuCase();
        copy.flags = flags;
        copy.maxTraps = maxTraps;
        copy.code = code.clone();
        copy.codeOffset = codeOffset;
        System.arraycopy(gpr, 0, copy.gpr, 0, gpr.length);
        copy.rflags = rflags;
        copy.fsBase = fsBase;
        copy.gsBase = gsBase;
        copy.windowAddress = windowAddress;
        copy.window = window.clone();
        return copy;
    }

    /** What differs from zero and from what is usual. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("code ")
                .append(HexFormat.ofDelimiter(" ").formatHex(code))
                .append(" at +")
                .append(Hex.of(codeOffset))
                .append(", rflags ")
                .append(Hex.of(rflags))
                .append(", flags ")
                .append(flags);
        int shown = 0;
        for (int i = 0; i < gpr.length; i++) {
            if (gpr[i] != 0) {
                text.append(shown++ % 4 == 0 ? "\n  " : "  ").append(Gpr.NAMES.get(i));
                text.append(' ').append(Hex.of(gpr[i]));
            }
        }
        if (fsBase != FS || gsBase != GS) {
            text.append("\n  fs ").append(Hex.of(fsBase)).append("  gs ").append(Hex.of(gsBase));
        }
        if (window.length > 0) {
            text.append("\n  at ").append(Hex.of(windowAddress)).append(": ");
            text.append(HexFormat.of().formatHex(window));
        }
        return text.toString();
    }
}
