package io.github.nmi64.kernel;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The table {@code .altinstructions}. Its entries have grown over the years and nothing says which form they have: it is the
 * one in which all of them make sense.
 */
final class Alternatives {
    /** Bytes of an entry: 14 since 6.2, 12 since 5.17, 13 before. */
    private static final List<Integer> SIZES = List.of(14, 12, 13);

    private static final int MOST_FEATURES = 64 * 32;
    private static final int INVERTED = 0x8000;

    private static final int WITH_FLAGS = 14;

    private final KernelElf elf;
    private boolean hasFlags;

    Alternatives(KernelElf elf) {
        this.elf = elf;
    }

    /** In the order of the table, which is that of patching. None if there is no table. */
    List<Alternative> read() {
        Optional<KernelElf.Section> table = elf.section(".altinstructions");
        Optional<KernelElf.Section> replacements = elf.section(".altinstr_replacement");
        if (table.isEmpty() || replacements.isEmpty()) {
            return List.of();
        }
        Map<Integer, List<Alternative>> readings = new TreeMap<>();
        SIZES.stream().filter(size -> table.get().size() % size == 0).forEach(size -> read(
                        table.get(), replacements.get(), size)
                .ifPresent(reading -> readings.put(size, reading)));
        if (readings.size() != 1) {
            throw elf.refused("its section '.altinstructions' can be read in " + readings.size() + " ways");
        }
        hasFlags = readings.containsKey(WITH_FLAGS);
        return readings.values().iterator().next();
    }

    /** True if an entry of the table that was read has flags apart from the number of its feature. */
    boolean hasFlags() {
        return hasFlags;
    }

    private Optional<List<Alternative>> read(KernelElf.Section table, KernelElf.Section replacements, int size) {
        ByteBuffer entries = elf.content(table);
        List<Alternative> all = new ArrayList<>();
        for (int at = 0; at < entries.capacity(); at += size) {
            Alternative entry = entry(entries, at, table.address(), size);
            boolean fits = entry.size() <= entry.length() || entry.isCall();
            boolean isThere = entry.size() == 0
                    || replacements.holds(entry.replacement())
                            && entry.replacement() + entry.size() <= replacements.address() + replacements.size();
            if (!fits || !isThere || entry.feature() >= MOST_FEATURES || entry.address() >= 0) {
                return Optional.empty();
            }
            all.add(entry);
        }
        return Optional.of(all);
    }

    private static Alternative entry(ByteBuffer entries, int at, long table, int size) {
        long address = table + at + entries.getInt(at);
        long replacement = table + at + 4 + entries.getInt(at + 4);
        int feature = Short.toUnsignedInt(entries.getShort(at + 8));
        if (size == WITH_FLAGS) {
            int flags = Short.toUnsignedInt(entries.getShort(at + 10));
            return new Alternative(
                    address,
                    Byte.toUnsignedInt(entries.get(at + 12)),
                    replacement,
                    Byte.toUnsignedInt(entries.get(at + 13)),
                    feature,
                    (flags & 1) != 0,
                    (flags & 2) != 0);
        }
        return new Alternative(
                address,
                Byte.toUnsignedInt(entries.get(at + 10)),
                replacement,
                Byte.toUnsignedInt(entries.get(at + 11)),
                feature & ~INVERTED,
                (feature & INVERTED) != 0,
                false);
    }
}
