package io.github.nmi64.machine;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.state.SegmentState;

/**
 * What a machine holds before its first instruction. Made once for an image and shared by all machines of it, whichever
 * threads they run on; nothing changes it.
 */
final class Reset {
    private static final int CODE_SELECTOR = 0x08;
    private static final int DATA_SELECTOR = 0x10;
    private static final long CODE_DESCRIPTOR = 0x00af_9b00_0000_ffffL;
    private static final long DATA_DESCRIPTOR = 0x00cf_9300_0000_ffffL;
    private static final int GDT_LIMIT = 3 * 8 - 1;
    private static final long CR0 =
            Control.CR0_PG | Control.CR0_WP | Control.CR0_NE | Control.CR0_ET | Control.CR0_MP | Control.CR0_PE;
    private static final long EFER = Control.EFER_LME | Control.EFER_LMA | Control.EFER_NXE | Control.EFER_SCE;

    private final PhysicalMemory.Snapshot memory;
    private final CpuState state;
    private final long tables;

    /**
     * @param state taken over
     * @param tables value of CR3 that maps, to a debugger, what the tables in use do not; 0 if nothing does
     */
    Reset(PhysicalMemory.Snapshot memory, CpuState state, long tables) {
        this.tables = tables;
        this.memory = memory;
        this.state = state;
    }

    /** With the segments of an image at their linear addresses, under page tables and a GDT of the machine's own. */
    static Reset of(BootImage image) {
        PhysicalMemory memory = new PhysicalMemory(AddressSpace.LOW_RAM + image.highBytes());
        AddressSpace space = new AddressSpace(memory, image.hasUserRoot());
        image.loadInto(space);
        memory.store64(space.gdt() + CODE_SELECTOR, CODE_DESCRIPTOR);
        memory.store64(space.gdt() + DATA_SELECTOR, DATA_DESCRIPTOR);
        return new Reset(memory.snapshot(), state(image, space), 0);
    }

    private static CpuState state(BootImage image, AddressSpace space) {
        CpuState state = new CpuState();
        state.gdtBase = space.gdt();
        state.gdtLimit = GDT_LIMIT;
        SegmentState segments = state.segments;
        segments.load(Segment.CS, CODE_SELECTOR, 0, 0xffff_ffffL, 0xa09b);
        for (int segment : new int[] {Segment.SS, Segment.DS, Segment.ES}) {
            segments.load(segment, DATA_SELECTOR, 0, 0xffff_ffffL, 0xc093);
        }
        for (int segment : new int[] {Segment.FS, Segment.GS, Segment.LDTR, Segment.TR}) {
            segments.load(segment, 0, 0, 0, SegmentState.UNUSABLE);
        }
        state.cr0 = CR0;
        state.cr3 = space.root();
        state.cr4 = Control.CR4_PAE | image.cr4();
        state.efer = EFER;
        state.rflags = Rflags.FIXED;
        state.rip = image.entry();
        state.gpr[Gpr.RSP] = image.stackTop().orElse(space.stackTop());
        return state;
    }

    /** Memory of a machine's own that begins with these contents. */
    PhysicalMemory memory() {
        return new PhysicalMemory(memory);
    }

    /** Value of CR3 that maps, to a debugger, what the tables in use do not; 0 if nothing does. */
    long tables() {
        return tables;
    }

    /** Gives a processor the registers of reset. */
    void into(CpuState target) {
        target.copyFrom(state);
    }
}
