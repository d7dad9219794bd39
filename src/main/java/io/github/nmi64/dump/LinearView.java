package io.github.nmi64.dump;

import io.github.nmi64.memory.Page;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.paging.PageWalker;
import io.github.nmi64.state.CpuState;
import java.util.OptionalLong;

/** Memory by linear addresses, under one root of page tables, as a debugger sees it. */
public final class LinearView {
    private final PhysicalMemory memory;
    private final CpuState tables = new CpuState();
    private final PageWalker walker;

    /** @param tables value of CR3 */
    public LinearView(PhysicalMemory memory, long tables) {
        this.memory = memory;
        this.tables.cr3 = tables;
        this.walker = new PageWalker(this.tables, memory);
    }

    /** Value of CR3. */
    public long tables() {
        return tables.cr3;
    }

    /** Physical address of a linear one; empty if it is not mapped to memory. */
    public OptionalLong physical(long linear) {
        OptionalLong address = walker.probe(linear);
        return address.isPresent() && address.getAsLong() < memory.size() ? address : OptionalLong.empty();
    }

    /** Copies a page, at an address divisible by 4096; false if it is not mapped. */
    public boolean page(long linear, byte[] target, int at) {
        OptionalLong address = physical(linear);
        if (address.isPresent()) {
            memory.read(address.getAsLong(), target, at, Page.SIZE);
        }
        return address.isPresent();
    }

    /** A little-endian number of some bytes; empty if one is not mapped. */
    public OptionalLong number(long linear, int bytes) {
        long value = 0;
        byte[] one = new byte[1];
        for (int i = 0; i < bytes; i++) {
            OptionalLong address = physical(linear + i);
            if (address.isEmpty()) {
                return address;
            }
            memory.read(address.getAsLong(), one, 0, 1);
            value |= (one[0] & 0xffL) << 8 * i;
        }
        return OptionalLong.of(value);
    }

    /** Lowest byte of the run of mapped pages that ends at {@code top}, no more than {@code most} bytes below it. */
    public long lowestBelow(long top, long most) {
        long low = top - 1 & -Page.SIZE;
        while (top - (low - Page.SIZE) <= most && physical(low - Page.SIZE).isPresent()) {
            low -= Page.SIZE;
        }
        return low;
    }
}
