package io.github.nmi64.oracle;

import io.github.nmi64.image.TinyElf;
import io.github.nmi64.isa.Vector;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * A random supervisor program: tables of its own, a row of {@link RandomActions actions}, and handlers that count, leave
 * whatever mode and stack they were entered with, and go on with the next action. The same seed gives the same image.
 */
final class SystemProgram {
    static final long TEXT = 0xffff_ffff_8100_0000L;
    static final long GDT = 0xffff_ffff_8101_0000L;
    static final long IDT = GDT + 0x1000;
    static final long TSS = GDT + 0x2000;
    /** Address at which a handler goes on; counters and words to play with follow. */
    static final long RESUME = GDT + 0x3000;

    static final long COUNTERS = RESUME + 0x100;
    static final long SCRATCH = RESUME + 0xc00;
    static final long STACKS = 0xffff_ffff_8102_0000L;
    static final long KERNEL_STACK = STACKS + 0x1000;
    private static final long RSP0 = STACKS + 0x2000;
    private static final int STACKS_SIZE = 0x8000;
    static final long USER_TEXT = 0x40_0000;
    static final long USER_DATA = 0x50_0000;
    static final long USER_STACK = USER_DATA + 0x800;
    private static final int PAGE = 0x1000;

    static final int FAULT_STACK = 1;
    static final int NMI_STACK = 2;
    static final int DOUBLE_FAULT_STACK = 3;
    private static final int INTERRUPT_GATE = 0x8e;
    static final int SYSTEM_CALL = 0x80;
    /** Gates from here to the limit are not present. */
    private static final int GATES = 0x90;

    private static final int PRESENT_GATES_BELOW_SYSTEM_CALL = 32;

    private final SplittableRandom random;
    private final GuestCode text = new GuestCode(TEXT);
    private final GuestCode user = new GuestCode(USER_TEXT);
    private final ByteBuffer idt = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);

    private SystemProgram(long seed) {
        random = new SplittableRandom(seed);
    }

    /** The image of a seed, with this many actions. */
    static byte[] elf(long seed, int actions) {
        return new SystemProgram(seed).image(actions);
    }

    private byte[] image(int actions) {
        long recover = recover();
        for (int vector = 0; vector < PRESENT_GATES_BELOW_SYSTEM_CALL; vector++) {
            handler(vector, recover);
        }
        handler(SYSTEM_CALL, recover);
        long entry = text.here();
        setUp(recover);
        new RandomActions(random, text, user).append(actions);
        text.add("31c0 e7f4"); // XOR EAX, EAX; OUT to the exit port
        return new TinyElf()
                .entry(entry)
                .segment(USER_TEXT, 5, user.bytes(), user.bytes().length)
                .segment(USER_DATA, 6, new byte[0], PAGE)
                .segment(TEXT, 5, text.bytes(), text.bytes().length)
                .segment(GDT, 6, tables(), 4 * PAGE)
                .segment(STACKS, 6, new byte[0], STACKS_SIZE)
                .symbol("user_text", USER_TEXT)
                .symbol("user_text_end", USER_TEXT + PAGE)
                .symbol("user_data", USER_DATA)
                .symbol("user_data_end", USER_DATA + PAGE)
                .symbol("__stack_top", KERNEL_STACK)
                .directives("user user_text user_text_end\nuser user_data user_data_end\n")
                .bytes();
    }

    /** Goes on at CPL 0 with the stack empty; the IRETQ also ends NMI blocking. */
    private long recover() {
        long address = text.here();
        text.add("48c7c4% 6a10 68% 6a02 6a08 ff3425% 48cf", KERNEL_STACK, KERNEL_STACK, RESUME);
        return address;
    }

    private void handler(int vector, long recover) {
        gate(vector, text.here());
        text.add("48ff0425%", COUNTERS + 8L * vector); // INC counter
        switch (vector) {
            case Vector.NMI -> text.add(random.nextInt(3) == 0 ? "50 cc 58 48cf" : "50 48ffc0 58 48cf");
            case Vector.DB, Vector.BP -> text.add("48cf");
            default -> text.jump(recover);
        }
    }

    private void gate(int vector, long target) {
        int stack =
                switch (vector) {
                    case Vector.NMI -> NMI_STACK;
                    case Vector.DF -> DOUBLE_FAULT_STACK;
                    case SYSTEM_CALL -> 0;
                    default -> random.nextInt(4) == 0 ? 0 : FAULT_STACK;
                };
        int dpl = vector == SYSTEM_CALL || vector == Vector.BP ? 0x60 : 0;
        int trap = random.nextInt(4) == 0 ? 1 : 0;
        long low = target & 0xffff | 0x8_0000L | (long) stack << 32;
        idt.putLong(16 * vector, low | (long) (INTERRUPT_GATE | dpl | trap) << 40 | (target >>> 16 & 0xffff) << 48);
        idt.putLong(16 * vector + 8, target >>> 32);
    }

    private void setUp(long recover) {
        long pointers = RESUME + 0x20;
        text.add("0f011425% 0f011c25% b8% 0f00d8", pointers, pointers + 16, 0x30); // LGDT, LIDT, LTR
        writeMsr(0xc000_0081L, 0x001b_0008_0000_0000L);
        writeMsr(0xc000_0082L, recover);
        writeMsr(0xc000_0084L, 0x4_7700);
    }

    private void writeMsr(long index, long value) {
        text.add("b9% b8% ba% 0f30", index, value, value >>> 32);
    }

    private byte[] tables() {
        ByteBuffer tables = ByteBuffer.allocate(4 * PAGE).order(ByteOrder.LITTLE_ENDIAN);
        long[] descriptors = {
            0,
            0x00af_9b00_0000_ffffL, // 08 code
            0x00cf_9300_0000_ffffL, // 10 data
            0x00cf_fb00_0000_ffffL, // 18 user's 32-bit code
            0x00cf_f300_0000_ffffL, // 20 user's data
            0x00af_fb00_0000_ffffL, // 28 user's code
            0x8100_8b00_0000_0067L | (TSS & 0xff_ffff) << 16, // 30 the task, busy bit left to LTR
            TSS >>> 32,
            0x00af_1b00_0000_ffffL, // 40 code, not present
            0x00af_9f00_0000_ffffL, // 48 conforming code
            0x00cf_9100_0000_ffffL, // 50 data, read-only
            0x00cf_9200_0000_ffffL, // 58 data, not accessed
        };
        descriptors[6] &= ~(2L << 40); // available
        for (int i = 0; i < descriptors.length; i++) {
            tables.putLong(8 * i, descriptors[i]);
        }
        tables.put(PAGE, idt.array());
        tables.putLong(2 * PAGE + 4, RSP0);
        for (int ist = 1; ist <= 7; ist++) {
            tables.putLong(2 * PAGE + 28 + 8 * ist, RSP0 + 0x800L * ist);
        }
        int pointers = 3 * PAGE + 0x20;
        tables.putShort(pointers, (short) (8 * descriptors.length - 1)).putLong(pointers + 2, GDT);
        tables.putShort(pointers + 16, (short) (16 * GATES - 1)).putLong(pointers + 18, IDT);
        return tables.array();
    }
}
