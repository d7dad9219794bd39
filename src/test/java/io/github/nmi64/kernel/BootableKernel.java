package io.github.nmi64.kernel;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A miniature kernel with what booting patches: a line of code, the tables that say where, and the names and NOPs these need. In the
 * form of 6.1 or of 6.12.
 */
public final class BootableKernel {
    static final long CODE = MiniatureKernel.BASE + 0x30_0000;
    static final long REPLACEMENTS = MiniatureKernel.replacementsAt();
    static final long DATA = MiniatureKernel.BASE + 0x40_0000;
    static final long THUNKS = CODE + 0x800;
    static final long RETURN_THUNK = CODE + 0xa00;
    static final long UNTRAINED_THUNK = CODE + 0xa40;
    static final long ALIGNED_THUNK = CODE + 0xa80;
    static final long ALIGNED_BRANCH_THUNKS = CODE + 0xc20;
    static final long NOTHING = CODE + 0xe00;
    static final long FUNCTION = CODE + 0xe40;
    /** Where the pointers to {@link #FUNCTION} and {@link #NOTHING} lie. */
    static final long POINTERS = DATA + 0x3000;

    public static final int SMAP = 9 * 32 + 20;
    static final int FSGSBASE = 9 * 32;
    static final int PTI = 7 * 32 + 11;
    private static final int WORDS = 22;

    private static final String[] NOPS = {
        "90",
        "6690",
        "0f1f00",
        "0f1f4000",
        "0f1f440000",
        "660f1f440000",
        "0f1f8000000000",
        "0f1f840000000000",
        "660f1f840000000000",
        "66660f1f840000000000",
        "6666660f1f840000000000"
    };

    private final boolean modern;
    private final MiniatureKernel kernel = new MiniatureKernel();
    private final byte[] code = new byte[0x1000];
    private final byte[] replacements = new byte[0x400];
    private final Map<String, ByteArrayOutputStream> tables = new LinkedHashMap<>();
    private int alternatives;
    private int placed;

    /** @param modern as 6.12, otherwise as 6.1 */
    public BootableKernel(boolean modern) {
        this.modern = modern;
        kernel.symbol("__x86_indirect_thunk_array", 'T', THUNKS)
                .symbol("__x86_return_thunk", 'T', RETURN_THUNK)
                .symbol("retbleed_return_thunk", 'T', UNTRAINED_THUNK)
                .symbol("its_return_thunk", 'T', ALIGNED_THUNK)
                .symbol("__x86_indirect_its_thunk_array", 'T', ALIGNED_BRANCH_THUNKS)
                .symbol(modern ? "nop_func" : "_paravirt_nop", 'T', NOTHING)
                .symbol("pv_ops", 'D', POINTERS)
                .symbol("asm_exc_nmi", 'T', CODE)
                .symbol("repeat_nmi", 't', CODE + 0x40)
                .symbol("end_repeat_nmi", 't', CODE + 0x60)
                .symbol("entry_SYSCALL32_ignore", 'T', CODE + 0x100);
    }

    /** Bytes at an offset of the code. */
    public BootableKernel code(int at, String hex) {
        byte[] bytes = hex(hex);
        System.arraycopy(bytes, 0, code, at, bytes.length);
        return this;
    }

    /** The last bytes of the code at an offset may be replaced; with a flag of 1 without the feature, of 2 by a direct call. */
    public BootableKernel alternative(int at, int length, String replacement, int feature, int flags) {
        byte[] bytes = hex(replacement);
        System.arraycopy(bytes, 0, replacements, placed, bytes.length);
        int size = modern ? 14 : 12;
        long entry = MiniatureKernel.alternativesAt() + (long) alternatives * size;
        int source = (int) (REPLACEMENTS + placed - entry - 4);
        kernel.alternative(
                table -> {
                    table.putInt((int) (CODE + at - entry)).putInt(source);
                    if (modern) {
                        table.putShort((short) feature).putShort((short) flags);
                    } else {
                        table.putShort((short) (feature | flags << 15));
                    }
                    table.put((byte) length).put((byte) bytes.length);
                },
                size);
        alternatives++;
        placed += 32;
        return this;
    }

    /** Where the next replacement will lie. */
    long nextReplacement() {
        return REPLACEMENTS + placed;
    }

    /** An offset of the code in a table of offsets. */
    BootableKernel site(String table, int at) {
        ByteArrayOutputStream bytes = tables.computeIfAbsent(table, name -> new ByteArrayOutputStream());
        long place = tableAt(table) + bytes.size();
        bytes.writeBytes(
                MiniatureKernel.little(4).putInt((int) (CODE + at - place)).array());
        return this;
    }

    /** An entry of {@code .parainstructions}. */
    BootableKernel paravirt(int at, int operation, int length) {
        tables.computeIfAbsent(".parainstructions", name -> new ByteArrayOutputStream())
                .writeBytes(MiniatureKernel.little(16)
                        .putLong(CODE + at)
                        .put((byte) operation)
                        .put((byte) length)
                        .array());
        return this;
    }

    private static long tableAt(String table) {
        return MiniatureKernel.BASE + 0x50_0000 + Math.floorMod(table.hashCode(), 64) * 0x1000L;
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    KernelImage image() {
        return KernelImage.read("vmlinuz", complete().elf());
    }

    /** The file. */
    public byte[] bzImage(Payload payload) {
        return complete().bzImage(payload);
    }

    /** The kernel, to be added to. */
    MiniatureKernel complete() {
        if (alternatives == 0) {
            for (int i = 0; i < 4; i++) { // a place that stays as it is, so that the table's form is known
                alternative(0xff0, 1, "90", 5, 0);
            }
        }
        kernel.section(".text", CODE, code);
        kernel.section(".altinstr_replacement", REPLACEMENTS, replacements);
        kernel.section(".data", DATA, data());
        tables.forEach((name, bytes) -> kernel.section(name, tableAt(name), bytes.toByteArray()));
        return kernel;
    }

    /** The tables of names, of NOPs, and of pointers. */
    private byte[] data() {
        ByteBuffer data = MiniatureKernel.little(0x4000);
        Map<Integer, String> features = Map.of(5, "msr", FSGSBASE, "fsgsbase", SMAP, "smap", PTI, "pti");
        data.position(0x2000);
        for (Map.Entry<Integer, String> feature : features.entrySet()) {
            name(data, 8 * feature.getKey(), feature.getValue());
        }
        name(data, 8 * WORDS * 32, "its");
        kernel.symbol("x86_cap_flags", 'D', DATA)
                .symbol("x86_bug_flags", 'D', DATA + 8L * WORDS * 32)
                .symbol("x86_nops", 'D', DATA + 8L * WORDS * 32 + 64 * 8);
        int nops = 8 * WORDS * 32 + 64 * 8;
        for (int length = 1; length <= (modern ? 11 : 8); length++) {
            data.putLong(nops + 8 * length, DATA + data.position());
            data.put(hex(NOPS[length - 1]));
        }
        data.putLong(0x3000, FUNCTION).putLong(0x3008, NOTHING);
        return data.array();
    }

    private static void name(ByteBuffer data, int pointer, String name) {
        data.putLong(pointer, DATA + data.position());
        data.put(name.getBytes(StandardCharsets.US_ASCII)).put((byte) 0);
    }

    /** What booting makes of the code at an offset, in hexadecimal. */
    String booted(String model, int at, int length) {
        return booted(image(), model, at, length);
    }

    static String booted(KernelImage image, String model, int at, int length) {
        byte[] bytes = new byte[0x1000];
        image.at(CODE, bytes.length).get(bytes);
        for (Patch patch : BootPatches.of(image, CpuModel.parse(model, image))) {
            System.arraycopy(patch.bytes(), 0, bytes, (int) (patch.address() - CODE), patch.length());
        }
        return HexFormat.ofDelimiter(" ").formatHex(bytes, at, at + length);
    }
}
