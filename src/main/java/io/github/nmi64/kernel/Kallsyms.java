package io.github.nmi64.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The kernel's own symbol table, as 4.6 to 6.14 lay it out in {@code .rodata}. Nothing says where it is: it is found by its
 * table of tokens, whose index repeats where each token begins, and checked by the markers, which repeat where every 256th
 * name begins.
 *
 * <pre>
 *  to 6.3     offsets, relative base, number, names, markers, ..., tokens, token index
 *  from 6.4                           number, names, markers, ..., tokens, token index, offsets, relative base
 * </pre>
 *
 * <p>A name is a length and so many bytes, each of which stands for a token; its first character is the symbol's type.
 */
final class Kallsyms {
    private static final int TOKENS = 256;
    /** Tokens before that of the character 0. Digits are never part of a longer token, so they stand for themselves. */
    private static final int BEFORE_DIGITS = '0';

    private static final byte[] DIGITS = digits();
    /** The names are no farther before the tokens. */
    private static final int FARTHEST = 16 << 20;

    private static final int FEWEST = 16;
    private static final int MOST = 2_000_000;
    private static final int SAMPLE = 100;
    private static final int MARKED = 256;
    /** The kernel's own limit, KSYM_NAME_LEN, is 512. */
    private static final int LONGEST = 1024;
    /** Characters of all names; those of a large kernel are 6 million. */
    private static final int MOST_CHARACTERS = 64 << 20;

    private static final Pattern SYMBOL = Pattern.compile("[A-Za-z][A-Za-z0-9_.$]+");

    private final KernelBytes kernel;
    private final byte[] data;
    private final ByteBuffer numbers;
    private final byte[][] tokens = new byte[TOKENS][];
    private int tokenTable;
    private int tokenIndex;
    private boolean isBeforeNames;

    /** Names being decoded: where the next one begins. */
    private int at;
    /** The one being put together. */
    private final byte[] text = new byte[LONGEST];

    /** Of a file, which has them in {@code .rodata}. */
    Kallsyms(KernelElf elf) {
        this(elf, rodata(elf));
    }

    /**
     * Of memory.
     *
     * @param data with the table in it, from an address divisible by 8; not changed while this reads
     */
    Kallsyms(KernelBytes kernel, byte[] data) {
        this.kernel = kernel;
        this.data = data;
        this.numbers = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] rodata(KernelElf elf) {
        KernelElf.Section section =
                elf.section(".rodata").orElseThrow(() -> elf.refused("has no section '.rodata', where kallsyms is"));
        ByteBuffer content = elf.content(section);
        byte[] data = new byte[content.capacity()];
        content.get(0, data);
        return data;
    }

    private static byte[] digits() {
        byte[] digits = new byte[21];
        for (int i = 0; i < 10; i++) {
            digits[1 + 2 * i] = (byte) ('0' + i);
        }
        return digits;
    }

    /** True if the offsets stand before the names, as up to 6.3; meaningful after {@link #read}. */
    boolean isBeforeNames() {
        return isBeforeNames;
    }

    /**
     * All symbols, in the order of the table, which is that of the addresses.
     *
     * @throws KernelFormatException if there is no table in one of the known layouts
     */
    List<KernelSymbol> read() {
        findTokens();
        // Backwards: names look like nothing else, while what stands before them is full of small numbers.
        int nearest = tokenTable - 16 & -8;
        for (int place = nearest; place >= 0 && place >= tokenTable - FARTHEST; place -= 8) {
            int count = numbers.getInt(place);
            if (count >= FEWEST && count <= MOST && numbers.getInt(place + 4) == 0 && areNames(place + 8, count)) {
                return withAddresses(names(place + 8, count), place);
            }
        }
        throw kernel.refused("the names of its kallsyms were not found");
    }

    private void findTokens() {
        for (int place = 0; place + DIGITS.length <= data.length; place++) {
            if (data[place] == 0 && isDigits(place) && hasTokens(place)) {
                return;
            }
        }
        throw kernel.refused("has no kallsyms: it was built without CONFIG_KALLSYMS, or in a layout that is not known");
    }

    private boolean isDigits(int place) {
        for (int i = 1; i < DIGITS.length; i++) {
            if (data[place + i] != DIGITS[i]) {
                return false;
            }
        }
        return true;
    }

    /** Whether tokens are around the digits at a place, and the index is behind them. */
    private boolean hasTokens(int place) {
        int start = place;
        for (int back = 0; back < BEFORE_DIGITS; back++) {
            do {
                start--;
            } while (start >= 0 && data[start] != 0);
        }
        start++;
        if (start < 0) {
            return false;
        }
        int[] starts = new int[TOKENS];
        int next = start;
        for (int token = 0; token < TOKENS; token++) {
            starts[token] = next - start;
            int end = next;
            while (end < data.length && data[end] != 0) {
                end++;
            }
            if (end >= data.length) {
                return false;
            }
            tokens[token] = Arrays.copyOfRange(data, next, end);
            next = end + 1;
        }
        for (int alignment = 8; alignment >= 4; alignment -= 4) {
            int index = next + alignment - 1 & -alignment;
            if (isIndex(index, starts)) {
                tokenTable = start;
                tokenIndex = index;
                return true;
            }
        }
        return false;
    }

    private boolean isIndex(int place, int[] starts) {
        if (place + 2 * TOKENS > data.length) {
            return false;
        }
        for (int token = 0; token < TOKENS; token++) {
            if (Short.toUnsignedInt(numbers.getShort(place + 2 * token)) != starts[token]) {
                return false;
            }
        }
        return true;
    }

    /** Whether so many names begin at a place: the first are spelled like names, and the markers are behind them all. */
    private boolean areNames(int begin, int count) {
        at = begin;
        for (int i = 0; i < Math.min(count, SAMPLE); i++) {
            int length = nextLength();
            if (length < 0 || !SYMBOL.matcher(text(length)).matches()) {
                return false;
            }
        }
        at = begin;
        int[] marks = new int[(count + MARKED - 1) / MARKED];
        for (int i = 0; i < count; i++) {
            if (i % MARKED == 0) {
                marks[i / MARKED] = at - begin;
            }
            int length = nextLength();
            if (length < 0) {
                return false;
            }
            at += length;
        }
        return isMarked(at + 3 & -4, marks) || isMarked(at + 7 & -8, marks);
    }

    /** Goes behind the length that begins the next name; -1 if none can stand here. */
    private int nextLength() {
        if (at + 2 > tokenTable) {
            return -1;
        }
        int length = data[at++] & 0xff;
        if (length >= 0x80) { // since 6.1 the length of a long name takes two bytes
            length = length & 0x7f | (data[at++] & 0xff) << 7;
        }
        return length == 0 || length > tokenTable - at ? -1 : length;
    }

    /** The type and the name of so many bytes, and goes behind them; empty if it is too long to be one. */
    private String text(int length) {
        int size = 0;
        for (int end = at + length; at < end; at++) {
            byte[] token = tokens[data[at] & 0xff];
            if (token.length > text.length - size) {
                return "";
            }
            System.arraycopy(token, 0, text, size, token.length);
            size += token.length;
        }
        return new String(text, 0, size, StandardCharsets.ISO_8859_1);
    }

    private List<String> names(int begin, int count) {
        at = begin;
        List<String> names = new ArrayList<>(count);
        int characters = 0;
        for (int i = 0; i < count; i++) {
            String name = text(nextLength());
            if (name.length() < 2) {
                throw kernel.refused("has a symbol in its kallsyms whose name is empty or longer than any");
            }
            characters += name.length();
            if (characters > MOST_CHARACTERS) {
                throw kernel.refused("has names of more than 64 MiB in all in its kallsyms");
            }
            names.add(name);
        }
        return names;
    }

    private boolean isMarked(int place, int[] marks) {
        if (place + 4L * marks.length > tokenTable) {
            return false;
        }
        for (int i = 0; i < marks.length; i++) {
            if (numbers.getInt(place + 4 * i) != marks[i]) {
                return false;
            }
        }
        return true;
    }

    private List<KernelSymbol> withAddresses(List<String> names, int numberAt) {
        int size = 4 * names.size() + 7 & -8;
        int before = numberAt - 8 - size;
        int after = tokenIndex + 2 * TOKENS;
        isBeforeNames = hasBase(before, size);
        if (!isBeforeNames && !hasBase(after, size)) {
            throw kernel.refused("the addresses of its kallsyms were not found");
        }
        int offsets = isBeforeNames ? before : after;
        long base = numbers.getLong(offsets + size);
        List<KernelSymbol> symbols = new ArrayList<>(names.size());
        for (int i = 0; i < names.size(); i++) {
            int offset = numbers.getInt(offsets + 4 * i);
            // CONFIG_KALLSYMS_ABSOLUTE_PERCPU: what is not negative stands for itself
            long address = offset >= 0 ? offset : base - 1 - offset;
            String name = names.get(i);
            symbols.add(new KernelSymbol(name.substring(1), name.charAt(0), address));
        }
        return symbols;
    }

    /** The base is where the kernel is linked: in the top 2 GiB, at a page. */
    private boolean hasBase(int offsets, int size) {
        if (offsets < 0 || offsets + size + 8L > data.length) {
            return false;
        }
        long base = numbers.getLong(offsets + size);
        return base >> 31 == -1 && (base & 0xfff) == 0;
    }
}
