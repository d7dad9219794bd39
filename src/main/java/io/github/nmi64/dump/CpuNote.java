package io.github.nmi64.dump;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.state.SegmentState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A note of the name QEMU: the registers of one processor, hidden parts included.
 *
 * <pre>
 *   0  version, size                          32 bits each
 *   8  rax rbx rcx rdx rsi rdi rsp rbp r8 ... r15 rip rflags
 * 152  cs ds es fs gs ss ldt tr gdt idt       each selector, limit, flags, 0 in 32 bits, base in 64
 * 392  cr0 cr1 cr2 cr3 cr4
 * 432  IA32_KERNEL_GS_BASE                    not written by old versions
 * </pre>
 */
final class CpuNote {
    private static final String NAME = "QEMU";
    private static final int NOTE_HEADER = 12;
    private static final int VERSION = 1;
    private static final int GENERAL = 8;
    private static final int SEGMENTS = 152;
    private static final int SEGMENT = 24;
    private static final int CONTROL = 392;
    private static final int KERNEL_GS = 432;
    private static final int SIZE = 440;

    private static final int[] GENERAL_ORDER = {
        Gpr.RAX, Gpr.RBX, Gpr.RCX, Gpr.RDX, Gpr.RSI, Gpr.RDI, Gpr.RSP, Gpr.RBP, 8, 9, 10, 11, 12, 13, 14, 15
    };
    private static final int[] SEGMENT_ORDER = {
        Segment.CS, Segment.DS, Segment.ES, Segment.FS, Segment.GS, Segment.SS, Segment.LDTR, Segment.TR
    };
    private static final int GDT = 8;
    private static final int IDT = 9;
    /** Of a descriptor's second half, moved down by 8 bits: what {@link SegmentState} calls access rights. */
    private static final int RIGHTS = 0xf0ff;

    private static final int AVAILABLE_TSS = 9;
    private static final int BUSY = 2;

    private static final long CR0_KNOWN = Control.CR0_PE
            | Control.CR0_MP
            | Control.CR0_EM
            | Control.CR0_TS
            | Control.CR0_ET
            | Control.CR0_NE
            | Control.CR0_WP
            | Control.CR0_AM
            | Control.CR0_NW
            | Control.CR0_CD
            | Control.CR0_PG;
    /** What the machine implements, and what changes nothing until an instruction is met that it does not implement. */
    private static final long CR4_KNOWN = Control.CR4_TSD
            | Control.CR4_DE
            | Control.CR4_PSE
            | Control.CR4_PAE
            | Control.CR4_MCE
            | Control.CR4_PGE
            | Control.CR4_PCE
            | Control.CR4_OSFXSR
            | Control.CR4_OSXMMEXCPT
            | Control.CR4_UMIP
            | Control.CR4_FSGSBASE
            | Control.CR4_PCIDE
            | Control.CR4_OSXSAVE
            | Control.CR4_SMEP
            | Control.CR4_SMAP;

    private final ByteBuffer bytes;

    private CpuNote(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /** Those among the notes of a file. */
    static List<CpuNote> all(String file, ByteBuffer notes) {
        List<CpuNote> found = new ArrayList<>();
        long at = 0;
        while (at + NOTE_HEADER <= notes.capacity()) {
            long nameSize = Integer.toUnsignedLong(notes.getInt((int) at));
            long size = Integer.toUnsignedLong(notes.getInt((int) at + 4));
            long content = at + NOTE_HEADER + (nameSize + 3 & -4);
            if (content + size > notes.capacity()) {
                throw new CoreFormatException(file, "is damaged: a note does not end");
            }
            if (name(notes, (int) at + NOTE_HEADER, nameSize).equals(NAME)) {
                found.add(new CpuNote(notes.slice((int) content, (int) size).order(ByteOrder.LITTLE_ENDIAN)));
            }
            at = content + (size + 3 & -4);
        }
        return found;
    }

    private static String name(ByteBuffer notes, int at, long size) {
        if (size != NAME.length() + 1) {
            return "";
        }
        byte[] name = new byte[NAME.length()];
        notes.get(at, name);
        return new String(name, StandardCharsets.ISO_8859_1);
    }

    ByteBuffer bytes() {
        return bytes.duplicate();
    }

    /**
     * The registers it has; the others as they are at reset.
     *
     * @throws CoreFormatException if this machine cannot be in that state
     */
    CpuState state(String file) {
        if (bytes.capacity() < SIZE || bytes.getInt(0) != VERSION) {
            throw new CoreFormatException(
                    file,
                    "has registers in a form that is not known (%d bytes, not %d)".formatted(bytes.capacity(), SIZE));
        }
        CpuState state = new CpuState();
        for (int i = 0; i < GENERAL_ORDER.length; i++) {
            state.gpr[GENERAL_ORDER[i]] = bytes.getLong(GENERAL + 8 * i);
        }
        state.rip = bytes.getLong(GENERAL + 8 * 16);
        state.rflags = bytes.getLong(GENERAL + 8 * 17);
        for (int i = 0; i < SEGMENT_ORDER.length; i++) {
            load(state.segments, SEGMENT_ORDER[i], SEGMENTS + SEGMENT * i);
        }
        state.gdtLimit = bytes.getInt(SEGMENTS + SEGMENT * GDT + 4);
        state.gdtBase = bytes.getLong(SEGMENTS + SEGMENT * GDT + 16);
        state.idtLimit = bytes.getInt(SEGMENTS + SEGMENT * IDT + 4);
        state.idtBase = bytes.getLong(SEGMENTS + SEGMENT * IDT + 16);
        state.cr0 = bytes.getLong(CONTROL);
        state.cr2 = bytes.getLong(CONTROL + 16);
        state.cr3 = bytes.getLong(CONTROL + 24);
        state.cr4 = bytes.getLong(CONTROL + 32);
        state.kernelGsBase = bytes.getLong(KERNEL_GS);
        state.cpl = state.segments.rights[Segment.SS] >>> 5 & 3;
        state.efer = Control.EFER_LME | Control.EFER_LMA | Control.EFER_NXE | Control.EFER_SCE;
        check(file, state);
        return state;
    }

    private void load(SegmentState segments, int segment, int at) {
        int selector = bytes.getInt(at) & 0xffff;
        int rights = bytes.getInt(at + 8) >>> 8 & RIGHTS;
        if (segment == Segment.TR && (rights & SegmentState.TYPE) == AVAILABLE_TSS) {
            rights |= BUSY; // an emulated processor leaves it out
        }
        boolean isUsable = (rights & SegmentState.PRESENT) != 0 && (selector & ~3) != 0;
        segments.load(
                segment,
                selector,
                bytes.getLong(at + 16),
                isUsable ? bytes.getInt(at + 4) & 0xffff_ffffL : 0,
                isUsable ? rights : SegmentState.UNUSABLE);
    }

    private static void check(String file, CpuState state) {
        long wanted = Control.CR0_PE | Control.CR0_PG;
        if ((state.cr0 & wanted) != wanted || (state.cr4 & Control.CR4_PAE) == 0 || !state.is64()) {
            throw new CoreFormatException(file, "was not taken in 64-bit mode");
        }
        refuse(file, "CR0", state.cr0 & ~CR0_KNOWN, "");
        refuse(
                file,
                "CR4",
                state.cr4 & ~CR4_KNOWN,
                "; give the guest a processor without that feature, such as -cpu qemu64 or Haswell");
        refuse(file, "RFLAGS", state.rflags & ~(Rflags.WRITABLE | Rflags.FIXED), "");
        boolean isUser = state.cpl == 3;
        if (!isUser && state.cpl != 0 || (state.selector(Segment.CS) & 3) != state.cpl) {
            throw new CoreFormatException(file, "was taken at a privilege level that no kernel uses");
        }
        for (long address : new long[] {
            state.rip,
            state.gdtBase,
            state.idtBase,
            state.segments.base[Segment.TR],
            state.segments.base[Segment.FS],
            state.segments.base[Segment.GS],
            state.kernelGsBase
        }) {
            if (address << 16 >> 16 != address) {
                throw new CoreFormatException(
                        file, "is damaged: it has a register with " + Hex.of(address) + ", which is not canonical");
            }
        }
    }

    private static void refuse(String file, String register, long bits, String advice) {
        if (bits != 0) {
            throw new CoreFormatException(
                    file, "has bits of " + register + " that nmi64 does not know: " + Hex.of(bits) + advice);
        }
    }
}
