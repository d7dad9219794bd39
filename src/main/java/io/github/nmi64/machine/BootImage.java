package io.github.nmi64.machine;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.device.PortMap;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.state.CpuState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is loaded at reset: bytes at linear addresses, where to begin, and the few things the machine sets up differently on
 * request. All machines made of one image share its memory until they write to it.
 */
public final class BootImage {
    private static final long HIGHEST_PHYSICAL = 1L << 30;

    /** Bytes at a linear address, zero-filled to {@code size}. */
    private record Load(long address, ByteBuffer data, long size) {}

    /** A range of linear addresses. */
    private record Range(long start, long end) {}

    /** A range of linear addresses and the address that its first page stands for. */
    private record Mapping(long start, long end, long target) {}

    private final long entry;
    private final List<Load> segments = new ArrayList<>();
    private final List<Range> userRanges = new ArrayList<>();
    private final List<Range> userRootRanges = new ArrayList<>();
    private final List<Mapping> aliases = new ArrayList<>();
    private final List<Mapping> physical = new ArrayList<>();
    private final Map<Integer, Integer> ports = new TreeMap<>();
    private OptionalLong stackTop = OptionalLong.empty();
    private long cr4;
    /** Made for the first machine; null before, and when something was added. */
    private @Nullable Reset reset;

    /** An empty image that begins executing at {@code entry}. */
    public BootImage(long entry) {
        this.entry = entry;
    }

    /**
     * A machine that goes on from where another one was: nothing is loaded, its own tables are in use.
     *
     * @param tables value of CR3 that maps, to a debugger, what the tables in use do not
     */
    public static BootImage of(PhysicalMemory.Snapshot memory, CpuState state, long tables) {
        CpuState copy = new CpuState();
        copy.copyFrom(state);
        BootImage image = new BootImage(state.rip);
        image.reset = new Reset(memory, copy, tables);
        return image;
    }

    /** Adds bytes at a canonical linear address, zero-filled to {@code size}. */
    public BootImage segment(long address, byte[] data, long size) {
        return segment(address, ByteBuffer.wrap(data.clone()), size);
    }

    /** Adds bytes that nobody changes any more, so that they need not be copied: a buffer from its first byte to its last. */
    public BootImage segment(long address, ByteBuffer data, long size) {
        reset = null;
        segments.add(new Load(address, data, Math.max(size, data.capacity())));
        return this;
    }

    /** Makes the pages from {@code start} up to {@code end} accessible at CPL 3. */
    public BootImage user(long start, long end) {
        reset = null;
        userRanges.add(new Range(start, end));
        return this;
    }

    /** Makes the pages from {@code start} up to {@code end} the same memory as those from {@code target} on. */
    public BootImage alias(long start, long end, long target) {
        reset = null;
        aliases.add(new Mapping(start, end, target));
        return this;
    }

    /** Chooses the physical address of the pages from {@code start} up to {@code end}, wherever segments use them. */
    public BootImage physical(long start, long end, long address) {
        reset = null;
        physical.add(new Mapping(start, end, address));
        return this;
    }

    /**
     * Asks for a second set of page tables, for user mode: it maps these pages, those of other such ranges, and the ones that
     * {@link #user} makes accessible. Bit 12 of CR3 selects it.
     */
    public BootImage userRoot(long start, long end) {
        reset = null;
        userRootRanges.add(new Range(start, end));
        return this;
    }

    /** Chooses the byte that reads of a port answer which no device has. */
    public BootImage port(int port, int value) {
        ports.put(port, value);
        return this;
    }

    /** Sets RSP at reset. */
    public BootImage stackTop(long address) {
        reset = null;
        stackTop = OptionalLong.of(address);
        return this;
    }

    /** Sets bits of CR4 at reset besides PAE. */
    public BootImage cr4(long bits) {
        reset = null;
        cr4 |= bits;
        return this;
    }

    /** What every machine of this image begins with; may be asked for by several threads. */
    synchronized Reset reset() {
        Reset made = reset;
        if (made == null) {
            made = Reset.of(this);
            reset = made;
        }
        return made;
    }

    /** @throws BootImageException if a device has one of the ports */
    void choosePorts(PortMap map) {
        ports.forEach((port, value) -> {
            if (PortMap.isTaken(port)) {
                throw new BootImageException(
                        "port " + Hex.of(port) + " has a device, whose answers nobody chooses; see docs/machine.md");
            }
            map.answer(port, value);
        });
    }

    long entry() {
        return entry;
    }

    OptionalLong stackTop() {
        return stackTop;
    }

    long cr4() {
        return cr4;
    }

    boolean hasUserRoot() {
        return !userRootRanges.isEmpty();
    }

    /**
     * Bytes of RAM needed above the low 64 MiB, generously.
     *
     * @throws BootImageException if a chosen physical address is out of reach
     */
    long highBytes() {
        long chosen = AddressSpace.LOW_RAM;
        for (Mapping mapping : physical) {
            long bytes = mapping.end - mapping.start;
            if (mapping.target < 0 || bytes > HIGHEST_PHYSICAL || mapping.target > HIGHEST_PHYSICAL - bytes) {
                throw new BootImageException(
                        "physical address " + Hex.of(mapping.target) + " of range " + Hex.of(mapping.start) + ".."
                                + Hex.of(mapping.end) + " is above the RAM, which may have 1 GiB");
            }
            chosen = Math.max(chosen, mapping.target + bytes);
        }
        return chosen
                - AddressSpace.LOW_RAM
                + segments.stream()
                        .mapToLong(segment -> segment.size + 2 * 4096)
                        .sum();
    }

    void loadInto(AddressSpace space) {
        physical.forEach(mapping -> space.choose(mapping.start, mapping.end, mapping.target));
        for (Load segment : segments) {
            space.load(segment.address, segment.data, segment.size);
        }
        for (Range range : userRanges) {
            space.allowUser(range.start, range.end);
        }
        aliases.forEach(mapping -> space.alias(mapping.start, mapping.end, mapping.target));
        if (hasUserRoot()) {
            userRootRanges.forEach(range -> space.showUserRoot(range.start, range.end));
            userRanges.forEach(range -> space.showUserRoot(range.start, range.end));
        }
        for (Mapping mapping : physical) {
            boolean low = mapping.target < AddressSpace.LOW_RAM;
            if (low && mapping.target + (mapping.end - mapping.start) > space.reservedFrom()) {
                throw new BootImageException("physical address " + Hex.of(mapping.target) + " of range "
                        + Hex.of(mapping.start) + ".." + Hex.of(mapping.end)
                        + " reaches into the machine's own tables, which begin at " + Hex.of(space.reservedFrom()));
            }
        }
        for (Load segment : segments) {
            boolean low = segment.address >= 0 && segment.address < AddressSpace.LOW_RAM;
            if (low && segment.address + segment.size > space.reservedFrom()) {
                throw new BootImageException("the segment at 0x" + Long.toHexString(segment.address)
                        + " reaches into the machine's own tables, which begin at 0x"
                        + Long.toHexString(space.reservedFrom()) + "; link it lower");
            }
        }
    }
}
