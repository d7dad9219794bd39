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

    private static final VarHandle SHORTS = view(short[].class);
    private static final VarHandle INTS = view(int[].class);
    private static final VarHandle LONGS = view(long[].class);

    final byte[] bytes;

    @Nullable
    Object owner;

    /** One bit a byte, one element a quadword: bytes declared dead and not written since. Null until the first one. */
    byte @Nullable [] dead;

    boolean holdsCode;
    boolean holdsTranslations;

    Page(byte[] bytes, @Nullable Object owner) {
        this.bytes = bytes;
        this.owner = owner;
    }

    Page copy(Object newOwner) {
        Page copy = new Page(bytes.clone(), newOwner);
        copy.dead = dead == null ? null : dead.clone();
        return copy;
    }

    /** True if a byte here was ever declared dead, so that every access has to be looked at. */
    public boolean mayBeDead() {
        return dead != null;
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

    /** True if one of {@code size} bytes is dead; they do not leave the page. */
    boolean anyDead(int offset, int size) {
        byte[] marks = dead;
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

    /** Declares bytes dead or, when they are written, alive; those of one page. */
    void mark(int offset, int size, boolean isDead) {
        byte[] marks = dead;
        if (marks == null) {
            if (!isDead) {
                return;
            }
            marks = new byte[SIZE / 8];
            dead = marks;
        }
        for (int at = offset & -8; at < offset + size; at += 8) {
            int bits = bytesOf(at, offset, offset + size);
            marks[at >>> 3] = (byte) (isDead ? marks[at >>> 3] | bits : marks[at >>> 3] & ~bits);
        }
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
