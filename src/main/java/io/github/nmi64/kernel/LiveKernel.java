package io.github.nmi64.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** A Linux kernel in the memory of a machine it was booted on: its names, where they are now, and its types. */
public final class LiveKernel {
    private static final int PAGE = 4096;
    /** Kernels are mapped by pages of 2 MiB; parts given back after booting leave gaps. */
    private static final long STEP = 2L << 20;

    private static final long LARGEST_GAP = 16L << 20;
    private static final long LARGEST = 128L << 20;
    private static final long LARGEST_TYPES = 64L << 20;

    private final Memory memory;
    private final Map<String, KernelSymbol> symbols = new LinkedHashMap<>();
    private final Optional<Btf> btf;

    /** Linear memory. */
    public interface Memory {
        /** Copies a page, at an address divisible by 4096, to a place of an array; false if it is not mapped. */
        boolean page(long address, byte[] target, int at);
    }

    private LiveKernel(String name, long code, Memory memory) {
        this.memory = memory;
        KernelBytes kernel = new KernelBytes(name);
        long start = end(code, -STEP);
        long size = end(code, STEP) + STEP - start;
        if (size > LARGEST) {
            throw kernel.refused("has a kernel of more than 128 MiB around its NMI entry");
        }
        new Kallsyms(kernel, copy(start, (int) size)).read().forEach(s -> symbols.putIfAbsent(s.name(), s));
        this.btf = types(kernel);
    }

    /**
     * Finds the names of a kernel.
     *
     * @param name what to call it in errors
     * @param code an address in its code
     * @throws KernelFormatException if there is no kernel with kallsyms around that
     */
    public static LiveKernel around(String name, long code, Memory memory) {
        return new LiveKernel(name, code, memory);
    }

    /** The last step of 2 MiB in a direction in which something is mapped. */
    private long end(long code, long step) {
        byte[] page = new byte[PAGE];
        long last = code & -STEP;
        for (long at = last; Math.abs(at - last) <= LARGEST_GAP && Math.abs(at - code) < LARGEST; at += step) {
            boolean isThere = false;
            for (long p = at; !isThere && p < at + STEP; p += PAGE) {
                isThere = memory.page(p, page, 0);
            }
            last = isThere ? at : last;
        }
        return last;
    }

    private byte[] copy(long start, int size) {
        byte[] bytes = new byte[size];
        for (int at = 0; at < size; at += PAGE) {
            memory.page(start + at, bytes, at);
        }
        return bytes;
    }

    private Optional<Btf> types(KernelBytes kernel) {
        Optional<KernelSymbol> start = find("__start_BTF");
        Optional<KernelSymbol> stop = find("__stop_BTF");
        if (start.isEmpty() || stop.isEmpty()) {
            return Optional.empty();
        }
        long from = start.get().address();
        long size = stop.get().address() - from;
        if (size <= 0 || size > LARGEST_TYPES) {
            return Optional.empty();
        }
        int into = (int) (from & PAGE - 1);
        byte[] bytes = copy(from - into, into + (int) size + PAGE - 1 & -PAGE);
        return Optional.of(
                new Btf(kernel, ByteBuffer.wrap(bytes, into, (int) size).slice().order(ByteOrder.LITTLE_ENDIAN)));
    }

    /** All symbols, each name once. */
    public Collection<KernelSymbol> symbols() {
        return symbols.values();
    }

    /** The symbol of a name. */
    public Optional<KernelSymbol> find(String name) {
        return Optional.ofNullable(symbols.get(name));
    }

    /** Size of a structure, if the kernel tells its types. */
    public OptionalLong size(String structure) {
        return btf.map(types -> types.size(structure)).orElse(OptionalLong.empty());
    }

    /** Offset of a member of a structure, if the kernel tells its types. */
    public OptionalLong offset(String structure, String member) {
        return btf.map(types -> types.offset(structure, member)).orElse(OptionalLong.empty());
    }
}
