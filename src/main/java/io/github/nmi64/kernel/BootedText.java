package io.github.nmi64.kernel;

import io.github.nmi64.bits.Hex;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The memory of a kernel that was booted, against what {@link BootPatches} makes of its file for the processor it found: every byte
 * of its text. What booting patches beyond that is recognised by the kernel's own tables and data in that memory, kind by kind.
 */
public final class BootedText {
    private static final byte[] NOP5 = {0x0f, 0x1f, 0x44, 0, 0};
    private static final byte[] NOP2 = {0x66, (byte) 0x90};
    /** XOR EAX, EAX with prefixes that do nothing. */
    private static final byte[] RETURNS_ZERO = {0x2e, 0x2e, 0x2e, 0x31, (byte) 0xc0};

    private static final byte[] RET = {(byte) 0xc3, (byte) 0xcc, (byte) 0xcc, (byte) 0xcc, (byte) 0xcc};
    private static final int CALL = 0xe8;
    private static final int JMP32 = 0xe9;
    private static final int MOST_DIFFERENCES = 100_000;

    private final KernelImage kernel;
    private final ByteBuffer memory;
    private final long base;
    private final CpuModel model;
    private final byte[] expected;
    private final byte[] live;
    private final Map<String, Integer> kinds = new TreeMap<>();
    private final List<String> unexplained = new ArrayList<>();

    /** @param memory from {@code _text} to {@code _end}, as it lies there */
    public BootedText(KernelImage kernel, byte[] memory) {
        this.kernel = kernel;
        this.memory = ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
        this.base = address("_text");
        long end = address("_etext");
        if (memory.length != address("_end") - base) {
            throw kernel.elf()
                    .refused("has %d bytes from _text to _end; the memory has %d"
                            .formatted(address("_end") - base, memory.length));
        }
        this.model = CpuModel.of(
                "booted", capabilities(), isUniprocessor() ? kernel.features().number("up") : OptionalInt.empty());
        int size = (int) (end - base);
        this.live = Arrays.copyOf(memory, size);
        this.expected = new byte[size];
        for (int at = 0; at < size; ) {
            ByteBuffer there = kernel.elf().upTo(base + at, size - at);
            int bytes = Math.max(there.remaining(), 1);
            there.get(expected, at, there.remaining());
            at += bytes;
        }
        compare();
    }

    private long address(String symbol) {
        return kernel.find(symbol).map(KernelSymbol::address).orElseThrow(() -> kernel.elf()
                .refused("has no symbol '" + symbol + "'"));
    }

    private int[] capabilities() {
        long at = address("boot_cpu_data")
                + kernel.btf()
                        .map(types -> types.offset("cpuinfo_x86", "x86_capability"))
                        .filter(java.util.OptionalLong::isPresent)
                        .orElseThrow(() -> kernel.elf().refused("does not tell the layout of 'cpuinfo_x86'"))
                        .getAsLong();
        int[] words = new int[kernel.features().words()];
        for (int i = 0; i < words.length; i++) {
            words[i] = memory.getInt((int) (at - base) + 4 * i);
        }
        return words;
    }

    /** Not told by the capabilities. */
    private boolean isUniprocessor() {
        long variable = table("uniproc_patched") - base;
        return variable > 0 && variable < memory.capacity() && memory.get((int) variable) != 0;
    }

    /** The names of the processor's features and bugs, by the kernel's own account. */
    public List<String> features() {
        return IntStream.range(0, Integer.SIZE * kernel.features().words())
                .filter(model::has)
                .mapToObj(kernel.features()::text)
                .toList();
    }

    /** How many places are explained, by kind. */
    public Map<String, Integer> kinds() {
        return new TreeMap<>(kinds);
    }

    /** Places that differ and that nothing explains. */
    public List<String> unexplained() {
        return List.copyOf(unexplained);
    }

    /** Bytes compared. */
    public int size() {
        return expected.length;
    }

    private boolean isText(long address, int size) {
        return address - base >= 0 && address - base <= expected.length - size;
    }

    private void count(String kind) {
        kinds.merge(kind, 1, Integer::sum);
    }

    private void compare() {
        Map<Long, Patch> last = new TreeMap<>();
        for (Patch patch : BootPatches.of(kernel, model)) {
            if (isText(patch.address(), patch.length())) {
                byte[] bytes = patch.bytes();
                System.arraycopy(bytes, 0, expected, (int) (patch.address() - base), bytes.length);
                last.put(patch.address(), patch);
            }
        }
        tracerCalls();
        staticKeys();
        staticCalls();
        runtimeConstants();
        last.values().stream()
                .filter(patch -> patch.why().equals(ThunkSites.ALIGNED_BRANCH))
                .forEach(this::alignedBranch);
        last.values().forEach(patch -> {
            int at = (int) (patch.address() - base);
            if (Arrays.equals(expected, at, at + patch.length(), live, at, at + patch.length())) {
                count("patched, " + patch.why());
            }
        });
        differences();
    }

    /** If booting put something else there, it must be this. */
    private void expect(long address, byte[] bytes, String kind) {
        if (!isText(address, bytes.length)) {
            return;
        }
        int at = (int) (address - base);
        if (!Arrays.equals(expected, at, at + bytes.length, bytes, 0, bytes.length)
                && Arrays.equals(live, at, at + bytes.length, bytes, 0, bytes.length)) {
            System.arraycopy(bytes, 0, expected, at, bytes.length);
            count(kind);
        }
    }

    private void tracerCalls() {
        for (long at = table("__start_mcount_loc"); at < table("__stop_mcount_loc"); at += Long.BYTES) {
            expect(kernel.at(at, Long.BYTES).getLong(), NOP5, "calls of the function tracer, now NOPs");
        }
    }

    private long table(String symbol) {
        return kernel.find(symbol).map(KernelSymbol::address).orElse(0L);
    }

    /** Each branch as the key's value in memory asks. */
    private void staticKeys() {
        for (long at = table("__start___jump_table"); at < table("__stop___jump_table"); at += 16) {
            ByteBuffer entry = kernel.at(at, 16);
            long code = at + entry.getInt(0);
            long target = at + 4 + entry.getInt(4);
            long key = at + 8 + (entry.getLong(8) & -4);
            boolean isTakenByDefault = (entry.getLong(8) & 1) != 0;
            if (!isText(code, 2) || key - base < 0 || key - base + 4 > memory.capacity()) {
                continue;
            }
            boolean isOn = memory.getInt((int) (key - base)) > 0;
            int first = live[(int) (code - base)] & 0xff;
            String kind = "branches of static keys that are " + (isOn ? "on" : "off");
            boolean jumps = isOn != isTakenByDefault;
            if (first == 0xeb || first == 0x66) {
                expect(code, jumps ? new byte[] {(byte) 0xeb, (byte) (target - code - 2)} : NOP2, kind);
            } else {
                expect(code, jumps ? Code.branch(JMP32, code, target) : NOP5, kind);
            }
        }
    }

    /** Each direct, by the function the key in memory names. */
    private void staticCalls() {
        for (long at = table("__start_static_call_sites"); at < table("__stop_static_call_sites"); at += 8) {
            ByteBuffer entry = kernel.at(at, 8);
            long site = at + entry.getInt(0);
            long key = at + 4 + (entry.getInt(4) & -4);
            boolean isTail = (entry.getInt(4) & 1) != 0;
            if (key - base >= 0 && key - base + 8 <= memory.capacity()) {
                staticCall(site, memory.getLong((int) (key - base)), isTail, "static calls");
            }
        }
        kernel.symbols().values().stream()
                .filter(symbol -> symbol.name().startsWith("__SCT__"))
                .forEach(trampoline -> kernel.find("__SCK__" + trampoline.name().substring(7))
                        .map(KernelSymbol::address)
                        .filter(key -> key - base >= 0 && key - base + 8 <= memory.capacity())
                        .ifPresent(key -> staticCall(
                                trampoline.address(),
                                memory.getLong((int) (key - base)),
                                true,
                                "trampolines of static calls")));
    }

    private void staticCall(long site, long function, boolean isTail, String kind) {
        if (!isText(site, 6)) {
            return;
        }
        boolean isZero = function == table("__static_call_return0");
        if (function == 0 && isTail) {
            expect(site, RET, kind);
            expect(site, Code.branch(JMP32, site, returnThunk()), kind);
        } else if (function == 0) {
            expect(site, NOP5, kind);
        } else if (isZero && !isTail) {
            expect(site, RETURNS_ZERO, kind);
        } else {
            expect(site, Code.branch(isTail ? JMP32 : CALL, site, function), kind);
        }
        int at = (int) (site - base);
        if (isTail && live[at] == 0x0f && (live[at + 1] & 0xf0) == 0x80) {
            byte[] jump = {live[at], live[at + 1], 0, 0, 0, 0};
            Code.putInt(jump, 2, (int) ((function == 0 ? returnThunk() : function) - (site + jump.length)));
            expect(site, jump, kind);
        }
    }

    /** The kernel makes such thunks outside its image when it boots; the image has one of each that does the same. */
    private void alignedBranch(Patch patch) {
        byte[] code = patch.bytes();
        int field = code.length - 4;
        int at = (int) (patch.address() - base) + field;
        long target = base + at + 4 + Code.getInt(live, at);
        if (target - address("_end") >= 0 && target < 0) {
            Code.putInt(code, field, Code.getInt(live, at));
            expect(patch.address(), code, ThunkSites.ALIGNED_BRANCH + " of the kernel's making");
        }
    }

    private long returnThunk() {
        long variable = table("x86_return_thunk") - base;
        return variable > 0 && variable + 8 <= memory.capacity() ? memory.getLong((int) variable) : 0;
    }

    /** Constants the kernel knows only when it boots, in the instructions that use them: any value, but the same everywhere. */
    private void runtimeConstants() {
        for (KernelElf.Section section : kernel.elf().sections()) {
            boolean isPointer = section.name().startsWith("runtime_ptr_");
            if (isPointer || section.name().startsWith("runtime_shift_")) {
                int bytes = isPointer ? Long.BYTES : 1;
                List<Long> places = new ArrayList<>();
                ThunkSites.forEach(kernel.elf(), section.name(), places::add);
                places.removeIf(place -> !isText(place, bytes));
                if (!places.isEmpty()) {
                    int first = (int) (places.get(0) - base);
                    byte[] value = Arrays.copyOfRange(live, first, first + bytes);
                    places.forEach(place -> expect(place, value, "constants known at run time"));
                }
            }
        }
    }

    private void differences() {
        for (int at = 0; at < expected.length && unexplained.size() < MOST_DIFFERENCES; at++) {
            if (expected[at] != live[at]) {
                int end = at + 1;
                while (end < expected.length && end < at + 16 && expected[end] != live[end]) {
                    end++;
                }
                unexplained.add("%s %s is expected, %s is there"
                        .formatted(Hex.of(base + at), Hex.bytes(expected, at, end), Hex.bytes(live, at, end)));
                at = end;
            }
        }
    }
}
