package io.github.nmi64.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * 4 KiB of physical memory. A page is written only while the memory whose {@code owner} token it carries is at that very
 * token; every other reader shares it and sees it never change. Loads are public to the whole emulator, stores go through
 * {@link PhysicalMemory#writable}.
 */
public final class Page {
    /** Bytes per page. */
    public static final int SIZE = 4096;

    /** What one dead byte adds to the value that the hash sees. */
    private static final long DEAD = 0xd1b5_4a32_d192_ed03L;

    private static final long[] DEAD_BYTES = deadBytes();
    private static final VarHandle SHORTS = view(short[].class);
    private static final VarHandle INTS = view(int[].class);
    private static final VarHandle LONGS = view(long[].class);

    final byte[] bytes;

    @Nullable
    Object owner;

    /** One bit a byte, one element a quadword: bytes declared dead and not written since. Null until the first one. */
    byte @Nullable [] dead;

    /** In the same form: bytes that were not compared when a program was resumed and have not been written since. */
    byte @Nullable [] uncompared;

    /** In the same form: those of them that were part of a stack nobody used then, whether or not they are above as well. */
    byte @Nullable [] unused;

    boolean holdsCode;
    boolean holdsTranslations;

    Page(byte[] bytes, @Nullable Object owner) {
        this.bytes = bytes;
        this.owner = owner;
    }

    Page copy(Object newOwner) {
        Page copy = new Page(bytes.clone(), newOwner);
        copy.dead = dead == null ? null : dead.clone();
        copy.uncompared = uncompared == null ? null : uncompared.clone();
        copy.unused = unused == null ? null : unused.clone();
        return copy;
    }

    /** A page with the same bytes that nobody owns and nobody watches. */
    Page sharing() {
        Page other = new Page(bytes, null);
        other.dead = dead;
        other.uncompared = uncompared;
        other.unused = unused;
        return other;
    }

    /** True if two pages share their bytes, so that they cannot differ. */
    boolean shares(Page other) {
        return bytes == other.bytes;
    }

    /** True if a byte here was ever declared dead or left uncompared, so that every access has to be looked at. */
    public boolean isMarked() {
        return dead != null || uncompared != null || unused != null;
    }

    /** True if the 64 bytes at {@code offset}, a multiple of 64, are all dead. */
    boolean allDead(int offset) {
        byte[] marks = dead;
        return marks != null && (long) LONGS.get(marks, offset >>> 3) == -1L;
    }

    /** Which bytes of the quadword at {@code offset} are dead, one bit each. */
    int deadBytes(int offset) {
        byte[] marks = dead;
        return marks == null ? 0 : marks[offset >>> 3] & 0xff;
    }

    /** An aligned quadword as the hash sees it: not what dead bytes hold, but that they are dead. */
    public long seen(int offset) {
        int marks = deadBytes(offset);
        long value = load64(offset);
        return marks == 0 ? value : (value & ~DEAD_BYTES[marks]) + marks * DEAD;
    }

    /** The bytes of a quadword that each set of marks stands for. */
    private static long[] deadBytes() {
        long[] bytes = new long[256];
        for (int marks = 0; marks < bytes.length; marks++) {
            for (int i = 0; i < Long.BYTES; i++) {
                bytes[marks] |= (marks >>> i & 1) * 0xffL << 8 * i;
            }
        }
        return bytes;
    }

    /** True if one of {@code size} bytes is dead; they do not leave the page. */
    boolean anyDead(int offset, int size) {
        return any(dead, offset, size);
    }

    /** True if one of {@code size} bytes was left uncompared. */
    boolean anyUncompared(int offset, int size) {
        return any(uncompared, offset, size);
    }

    /** True if one of {@code size} bytes was left uncompared on a stack that nobody used. */
    boolean anyUnused(int offset, int size) {
        return any(unused, offset, size);
    }

    private static boolean any(byte @Nullable [] marks, int offset, int size) {
        if (marks == null) {
            return false;
        }
        for (int at = offset & -8; at < offset + size; at += 8) {
            if ((marks[at >>> 3] & bytesOf(at, offset, offset + size)) != 0) {
                return true;
            }
        }
        return false;
    }

    /** The bits of {@link #dead} for the bytes of the quadword at {@code quadword} that lie in [from, to). */
    static int bytesOf(int quadword, int from, int to) {
        int first = Math.max(from - quadword, 0);
        int last = Math.min(to - quadword, 8);
        return (1 << last) - (1 << first);
    }

    /** Declares bytes of the page dead. */
    void markDead(int offset, int size) {
        byte[] marks = dead;
        if (marks == null) {
            marks = new byte[SIZE / 8];
            dead = marks;
        }
        set(marks, offset, size);
    }

    /** Remembers that bytes of the page were not compared. */
    void markUncompared(int offset, int size) {
        byte[] marks = uncompared;
        if (marks == null) {
            marks = new byte[SIZE / 8];
            uncompared = marks;
        }
        set(marks, offset, size);
    }

    /** Remembers that bytes of the page were not compared since nobody used the stack they are on. */
    void markUnused(int offset, int size) {
        byte[] marks = unused;
        if (marks == null) {
            marks = new byte[SIZE / 8];
            unused = marks;
        }
        set(marks, offset, size);
    }

    /** Bytes of the page are written: they live, and whoever writes them knows what they hold. */
    void unmark(int offset, int size) {
        clear(dead, offset, size);
        clear(uncompared, offset, size);
        clear(unused, offset, size);
    }

    private static void set(byte[] marks, int offset, int size) {
        for (int at = offset & -8; at < offset + size; at += 8) {
            marks[at >>> 3] |= (byte) bytesOf(at, offset, offset + size);
        }
    }

    private static void clear(byte @Nullable [] marks, int offset, int size) {
        if (marks == null) {
            return;
        }
        for (int at = offset & -8; at < offset + size; at += 8) {
            marks[at >>> 3] &= (byte) ~bytesOf(at, offset, offset + size);
        }
    }

    /** True if all of {@code size} bytes are marked as uncompared. */
    boolean allUncompared(int offset, int size) {
        return all(uncompared, offset, size);
    }

    /** True if all of {@code size} bytes are marked as uncompared on a stack that nobody used. */
    boolean allUnused(int offset, int size) {
        return all(unused, offset, size);
    }

    private static boolean all(byte @Nullable [] marks, int offset, int size) {
        if (marks == null) {
            return false;
        }
        for (int at = offset & -8; at < offset + size; at += 8) {
            if ((~marks[at >>> 3] & bytesOf(at, offset, offset + size)) != 0) {
                return false;
            }
        }
        return true;
    }

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
    }

    /** True if a page walk has read entries here since the page was last written. */
    public boolean holdsTranslations() {
        return holdsTranslations;
    }

    /** Byte at {@code offset}, zero-extended. */
    public long load8(int offset) {
        return bytes[offset] & 0xffL;
    }

    /** Little-endian word at {@code offset}, zero-extended; must not cross the page, as for all wider loads. */
    public long load16(int offset) {
        return (short) SHORTS.get(bytes, offset) & 0xffffL;
    }

    /** Little-endian doubleword, zero-extended. */
    public long load32(int offset) {
        return (int) INTS.get(bytes, offset) & 0xffff_ffffL;
    }

    /** Little-endian quadword. */
    public long load64(int offset) {
        return (long) LONGS.get(bytes, offset);
    }

    /** Stores the low byte. Only on a page obtained from {@link PhysicalMemory#writable}, as for all stores. */
    public void store8(int offset, long value) {
        bytes[offset] = (byte) value;
    }

    /** Stores the low word. */
    public void store16(int offset, long value) {
        SHORTS.set(bytes, offset, (short) value);
    }

    /** Stores the low doubleword. */
    public void store32(int offset, long value) {
        INTS.set(bytes, offset, (int) value);
    }

    /** Stores a quadword. */
    public void store64(int offset, long value) {
        LONGS.set(bytes, offset, value);
    }

    /** Copies bytes out, for decoding and dumps. */
    public void copyTo(int offset, byte[] target, int targetOffset, int length) {
        System.arraycopy(bytes, offset, target, targetOffset, length);
    }
}
