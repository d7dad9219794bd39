package io.github.nmi64.kernel;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Names of the CPU features a kernel knows, as {@code /proc/cpuinfo} prints them, and those of some that it does not print but
 * that decide about its entry code.
 */
final class CpuFeatures {
    private static final int WORD = 32;
    private static final int MOST = 64 * WORD;
    private static final int LONGEST_NAME = 64;

    /**
     * What no table of the kernel names. The numbers are those of 6.1 and 6.12; a kernel that has a name of its own for one of
     * them means something else by it.
     */
    private static final Map<String, Integer> UNNAMED = new LinkedHashMap<>();

    static {
        UNNAMED.put("up", 3 * WORD + 9);
        UNNAMED.put("lfence_rdtsc", 3 * WORD + 18);
        UNNAMED.put("always", 3 * WORD + 21);
        UNNAMED.put("kernel_ibrs", 7 * WORD + 12);
        UNNAMED.put("xenpv", 8 * WORD + 16);
        UNNAMED.put("fence_swapgs_user", 11 * WORD + 4);
        UNNAMED.put("fence_swapgs_kernel", 11 * WORD + 5);
        UNNAMED.put("entry_ibpb", 11 * WORD + 10);
        UNNAMED.put("retpoline", 11 * WORD + 12);
        UNNAMED.put("retpoline_lfence", 11 * WORD + 13);
        UNNAMED.put("rethunk", 11 * WORD + 14);
        UNNAMED.put("unret", 11 * WORD + 15);
        UNNAMED.put("call_depth", 11 * WORD + 19);
        UNNAMED.put("srso", 11 * WORD + 24);
        UNNAMED.put("srso_alias", 11 * WORD + 25);
    }

    private final KernelElf elf;
    private final Map<String, Integer> numbers = new LinkedHashMap<>();
    private final Map<Integer, String> names = new LinkedHashMap<>();

    /** CPU features the kernel knows; the numbers of bugs come after them. */
    private final int bugsFrom;

    private final int bugCount;

    /**
     * @param flags the table {@code x86_cap_flags}, if the kernel has one, and how many pointers are in it
     * @param bugs the table {@code x86_bug_flags}
     * @param alternatives which tell what some features are for
     */
    CpuFeatures(KernelElf elf, Optional<Table> flags, Optional<Table> bugs, List<Alternative> alternatives) {
        this.elf = elf;
        this.bugsFrom = (int) Math.min(flags.map(Table::count).orElse(0L), MOST);
        this.bugCount = (int) Math.min(bugs.map(Table::count).orElse(0L), MOST);
        flags.ifPresent(table -> read(table, 0));
        bugs.ifPresent(table -> read(table, bugsFrom));
        findVerw(alternatives); // first: 6.12 has it at a number that was lfence_rdtsc
        UNNAMED.forEach((name, number) -> {
            if (!names.containsKey(number)) {
                name(name, number);
            }
        });
    }

    /** An array of pointers to names. */
    record Table(long address, long count) {}

    private void read(Table table, int from) {
        for (int i = 0; i < Math.min(table.count, MOST - from); i++) {
            int number = from + i;
            nameAt(table.address + 8L * i).ifPresent(name -> name(name, number));
        }
    }

    private void name(String name, int number) {
        names.putIfAbsent(number, name);
        numbers.putIfAbsent(name, number);
    }

    private Optional<String> nameAt(long place) {
        long pointer =
                elf.isThere(place, Long.BYTES) ? elf.at(place, Long.BYTES).getLong(0) : 0;
        if (!elf.isThere(pointer, 1)) {
            return Optional.empty();
        }
        ByteBuffer bytes = elf.upTo(pointer, LONGEST_NAME);
        return bytes.get(0) == 0 ? Optional.empty() : Optional.of(elf.text(bytes, 0));
    }

    /**
     * Gives the feature its name that decides about the VERW on the way to user mode. Its number has changed; the alternative
     * that puts a VERW there, or takes the jump over one away, tells.
     */
    private void findVerw(List<Alternative> alternatives) {
        alternatives.stream()
                .filter(alternative -> !alternative.isInverted())
                .filter(alternative -> alternative.size() == 0
                        ? isJumpOverVerw(alternative.address())
                        : isVerw(alternative.replacement()))
                .map(Alternative::feature)
                .filter(feature -> !names.containsKey(feature))
                .findFirst()
                .ifPresent(feature -> name("clear_cpu_buf", feature));
    }

    /** EB 07, then a VERW of seven bytes. */
    private boolean isJumpOverVerw(long address) {
        return elf.isThere(address, 2) && elf.at(address, 2).getShort(0) == 0x07eb && isVerw(address + 2);
    }

    /** 0F 00 /5. */
    private boolean isVerw(long address) {
        if (!elf.isThere(address, 3)) {
            return false;
        }
        ByteBuffer code = elf.at(address, 3);
        return code.get(0) == 0x0f && code.get(1) == 0 && (code.get(2) & 0x38) == 5 << 3;
    }

    /** Its name, or word and bit if it has none. */
    String text(int number) {
        return names.getOrDefault(number, "feature %d*32+%d".formatted(number / WORD, number % WORD));
    }

    OptionalInt number(String name) {
        Integer number = numbers.get(name);
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }

    Iterable<String> names() {
        return numbers.keySet();
    }

    /** Words of 32 features, those of bugs included. */
    int words() {
        return (bugsFrom + bugCount) / WORD;
    }
}
