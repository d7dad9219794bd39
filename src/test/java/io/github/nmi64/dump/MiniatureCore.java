package io.github.nmi64.dump;

import io.github.nmi64.kernel.MiniatureKernel;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * A core as QEMU writes it, of a machine with 4 MiB of memory that was stopped in a user's loop: page tables, IDT, TSS and
 * stacks with guard pages, a kernel with kallsyms and an entry of four instructions.
 *
 * <pre>
 * 0x0000000000400000  the loop; the user's stack is the page behind it
 * 0xfffffe0000000000  IDT; GDT and TSS; then stacks: NMI 8 KiB, entry 4 KiB, thread 16 KiB, guard pages between
 * 0xffffffff81000000  the kernel, one page of 2 MiB: kallsyms first, code from 0x100000 on, per-CPU data from 0x110000 on
 * </pre>
 */
public final class MiniatureCore {
    public static final long PROGRAM = 0x40_0000;
    public static final long NMI_STACK = 0xffff_fe00_0000_4000L;
    public static final long NMI_STACK_TOP = NMI_STACK + 0x2000;
    static final long RBX = 0x1234;

    private static final int MEMORY = 4 << 20;
    private static final long AREA = 0xffff_fe00_0000_0000L;
    private static final long TSS = AREA + 0x1200;
    private static final long ENTRY_STACK_TOP = AREA + 0x9000;
    private static final long THREAD_STACK_TOP = AREA + 0x10000;
    private static final long KERNEL = 0xffff_ffff_8100_0000L;
    private static final long ENTRY = KERNEL + 0x10_0000;
    private static final long PER_CPU = KERNEL + 0x11_0000;
    private static final int KERNEL_AT = 0x20_0000;

    private static final int PRESENT = 1;
    private static final int WRITABLE = 2;
    private static final int USER = 4;
    private static final int USED = 0x60;
    private static final int LARGE = 0x80;

    private final ByteBuffer memory = little(MEMORY);
    private final ByteBuffer note = little(440);
    private final MiniatureKernel kernel = new MiniatureKernel()
            .symbol("cpu_current_top_of_stack", 'A', 0x100)
            .symbol("asm_exc_nmi", 'T', ENTRY)
            .symbol("repeat_nmi", 't', ENTRY + 0x40)
            .symbol("end_repeat_nmi", 't', ENTRY + 0x50)
            .symbol("entry_SYSCALL_64", 'T', ENTRY + 0x100)
            .symbol("ignore_nmis", 'B', PER_CPU + 0x200)
            .symbol("_end", 'B', PER_CPU + 0x1000);
    private int processors = 1;

    /** One whose entry gives back what it found. */
    public MiniatureCore() {
        writeTables();
        writeKernel();
        memory.put(0xc000, new byte[] {
            0x48,
            (byte) 0xff,
            (byte) 0xc3, // 1: inc %rbx
            0x53, // push %rbx
            0x59, // pop %rcx
            (byte) 0xeb,
            (byte) 0xf9 // jmp 1b
        });
        entry(new byte[] {
            0x50, // push %rax
            (byte) 0xb8,
            5,
            0,
            0,
            0, // mov $5,%eax
            0x58, // pop %rax
            0x48,
            (byte) 0xcf // iretq
        });
        writeRegisters();
    }

    static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Other code of {@code asm_exc_nmi}. */
    public MiniatureCore entry(byte[] code) {
        memory.put(KERNEL_AT + 0x10_0000, code);
        return this;
    }

    /** One of a kernel that has no symbol of this name. */
    public MiniatureCore without(String symbol) {
        memory.put(KERNEL_AT, kernel.without(symbol).kallsyms());
        return this;
    }

    /** Other registers: the note as QEMU lays it out. */
    MiniatureCore registers(Consumer<ByteBuffer> change) {
        change.accept(note);
        return this;
    }

    /** Other contents of physical memory. */
    MiniatureCore memory(Consumer<ByteBuffer> change) {
        change.accept(memory);
        return this;
    }

    MiniatureCore processors(int number) {
        processors = number;
        return this;
    }

    private void writeTables() {
        int table = PRESENT | WRITABLE | USER | USED;
        int page = PRESENT | WRITABLE | USED;
        memory.putLong(0x1000, 0x2000 | table).putLong(0x1000 + 8 * 508, 0x7000 | table);
        memory.putLong(0x1000 + 8 * 511, 0x5000 | table);
        memory.putLong(0x2000, 0x3000 | table).putLong(0x3000 + 8 * 2, 0x4000 | table);
        memory.putLong(0x4000, 0xc000 | page | USER).putLong(0x4008, 0xd000 | page | USER);
        memory.putLong(0x5000 + 8 * 510, 0x6000 | table).putLong(0x6000 + 8 * 8, KERNEL_AT | page | LARGE);
        memory.putLong(0x7000, 0x8000 | table).putLong(0x8000, 0x9000 | table);
        for (int i : new int[] {0, 1, 4, 5, 8, 12, 13, 14, 15}) {
            memory.putLong(0x9000 + 8 * i, 0x2_0000 + 0x1000 * i | page);
        }
    }

    private void writeKernel() {
        memory.put(KERNEL_AT, kernel.kallsyms());
        memory.putLong(KERNEL_AT + 0x11_0100, THREAD_STACK_TOP);
        // GDT: code and data of kernel and user as Linux has them
        memory.putLong(0x2_1010, 0x00af_9b00_0000_ffffL).putLong(0x2_1018, 0x00cf_9300_0000_ffffL);
        memory.putLong(0x2_1028, 0x00cf_f300_0000_ffffL).putLong(0x2_1030, 0x00af_fb00_0000_ffffL);
        // TSS: RSP0 and the first of the interrupt stack table
        memory.putLong(0x2_1204, ENTRY_STACK_TOP).putLong(0x2_1224, NMI_STACK_TOP);
        // gate 2
        memory.putLong(0x2_0020, ENTRY & 0xffff | 0x10L << 16 | 0x8e01L << 32 | (ENTRY >>> 16 & 0xffff) << 48);
        memory.putLong(0x2_0028, ENTRY >>> 32);
    }

    private void writeRegisters() {
        note.putInt(0, 1).putInt(4, note.capacity());
        note.putLong(8 + 8, RBX).putLong(8 + 8 * 6, PROGRAM + 0x2000).putLong(8 + 8 * 16, PROGRAM);
        note.putLong(8 + 8 * 17, 0x202);
        segment(0, 0x33, 0xffff_ffff, 0xaffb00, 0);
        segment(5, 0x2b, 0xffff_ffff, 0xcff300, 0);
        segment(7, 0x40, 0x67, 0x8900, TSS);
        segment(8, 0, 0x7f, 0, AREA + 0x1000);
        segment(9, 0, 0xfff, 0, AREA);
        note.putLong(392, 0x8005_0033L).putLong(392 + 24, 0x1000).putLong(392 + 32, 0x6f0);
        note.putLong(432, PER_CPU);
    }

    private void segment(int index, int selector, int limit, int flags, long base) {
        int at = 152 + 24 * index;
        note.putInt(at, selector).putInt(at + 4, limit).putInt(at + 8, flags).putLong(at + 16, base);
    }

    /** The file. */
    public byte[] bytes() {
        ByteArrayOutputStream notes = new ByteArrayOutputStream();
        for (int i = 0; i < processors; i++) {
            notes.writeBytes(noteOf("CORE", 1, new byte[336]));
            notes.writeBytes(noteOf("QEMU", 0, note.array()));
        }
        int at = 64 + 3 * 56;
        ByteBuffer file = little(at + notes.size() + MEMORY + 4096);
        file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        file.putShort((short) 4)
                .putShort((short) 62)
                .putInt(1)
                .putLong(0)
                .putLong(64)
                .putLong(0)
                .putInt(0);
        file.putShort((short) 64).putShort((short) 56).putShort((short) 3);
        header(file, 0, 4, at, 0, notes.size());
        header(file, 1, 1, at + notes.size(), 0, MEMORY);
        header(file, 2, 1, at + notes.size() + MEMORY, 0xfd00_0000L, 4096);
        file.position(at);
        file.put(notes.toByteArray()).put(memory.array());
        return file.array();
    }

    private static void header(ByteBuffer file, int index, int type, long offset, long physical, long size) {
        file.position(64 + 56 * index);
        file.putInt(type)
                .putInt(0)
                .putLong(offset)
                .putLong(0)
                .putLong(physical)
                .putLong(size)
                .putLong(size);
    }

    private static byte[] noteOf(String name, int type, byte[] content) {
        ByteBuffer bytes = little(12 + 8 + content.length);
        bytes.putInt(5).putInt(content.length).putInt(type);
        bytes.put(name.getBytes(StandardCharsets.US_ASCII)).position(20);
        return bytes.put(content).array();
    }
}
