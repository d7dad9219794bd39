package io.github.nmi64.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The kernel's types, as far as sizes of structures and offsets of their members ask for (the kernel's documentation, "BPF Type
 * Format (BTF)").
 */
public final class Btf {
    private static final int MAGIC = 0xeb9f;
    private static final int HEADER = 24;
    private static final int TYPE = 12;
    private static final int ARRAY = 3;
    private static final int STRUCT = 4;
    private static final int UNION = 5;
    private static final int ENUM = 6;
    private static final int TYPEDEF = 8;
    private static final int FUNCTION_TYPE = 13;
    private static final int DATA_SECTION = 15;
    private static final int ENUM64 = 19;
    private static final int KINDS = 20;
    /** Typedef, volatile, const, restrict, type tag: another type under another name. */
    private static final List<Integer> WRAPPERS = List.of(8, 9, 10, 11, 18);
    /** Deepest nesting of unnamed members that is followed, and longest chain of wrappers. */
    private static final int DEEPEST = 32;

    private final KernelBytes kernel;
    private final ByteBuffer types;
    private final ByteBuffer strings;
    /** Where each type begins in {@link #types}, from type 1 on. */
    private int[] places = new int[1 << 10];

    private int count = 1;
    private final Map<String, Integer> structures = new HashMap<>();
    /** Types by names that typedefs give them. */
    private final Map<String, Integer> typedefs = new HashMap<>();

    Btf(KernelBytes kernel, ByteBuffer section) {
        this.kernel = kernel;
        if (section.capacity() < HEADER || Short.toUnsignedInt(section.getShort(0)) != MAGIC) {
            throw kernel.refused("its section '.BTF' is none");
        }
        int header = section.getInt(4);
        this.types = part(section, header, section.getInt(8), section.getInt(12));
        this.strings = part(section, header, section.getInt(16), section.getInt(20));
        index();
    }

    private ByteBuffer part(ByteBuffer section, int header, int offset, int length) {
        long from = Integer.toUnsignedLong(header) + Integer.toUnsignedLong(offset);
        long size = Integer.toUnsignedLong(length);
        if (from + size > section.capacity()) {
            throw kernel.refused("its section '.BTF' ends before its types do");
        }
        return section.slice((int) from, (int) size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void index() {
        int at = 0;
        while (at + TYPE <= types.capacity()) {
            if (count == places.length) {
                places = java.util.Arrays.copyOf(places, 2 * count);
            }
            places[count] = at;
            int kind = kind(count);
            int name = types.getInt(at);
            if (name != 0 && (kind == STRUCT || kind == UNION)) {
                structures.putIfAbsent(kernel.text(strings, name), count);
            } else if (name != 0 && kind == TYPEDEF) {
                typedefs.putIfAbsent(kernel.text(strings, name), types.getInt(at + 8));
            }
            count++;
            at += TYPE + detail(kind, members(count - 1));
        }
    }

    private int detail(int kind, int members) {
        if (kind >= KINDS) {
            throw kernel.refused("its section '.BTF' has a type of the unknown kind " + kind);
        }
        return switch (kind) {
            case STRUCT, UNION, DATA_SECTION, ENUM64 -> TYPE * members;
            case ARRAY -> TYPE;
            case ENUM, FUNCTION_TYPE -> 8 * members;
            case 1, 14, 17 -> 4; // integer, variable, declaration tag
            default -> 0;
        };
    }

    private int kind(int type) {
        return types.getInt(places[type] + 4) >>> 24 & 31;
    }

    private int members(int type) {
        return types.getInt(places[type] + 4) & 0xffff;
    }

    /** Number of types. */
    public int count() {
        return count - 1;
    }

    /** A structure or union by its own name, or by that of a typedef of one without. */
    private @org.jspecify.annotations.Nullable Integer structure(String name) {
        Integer type = structures.get(name);
        if (type == null) {
            type = typedefs.get(name);
        }
        boolean isStructure = type != null && type > 0 && type < count && (kind(type) == STRUCT || kind(type) == UNION);
        return isStructure ? type : null;
    }

    /** Size of a structure or union in bytes, if there is one of that name. */
    public OptionalLong size(String structure) {
        Integer type = structure(structure);
        return type == null ? OptionalLong.empty() : OptionalLong.of(types.getInt(places[type] + 8) & 0xffff_ffffL);
    }

    /**
     * Offset in bytes of a member, looked for in unnamed members too.
     *
     * @param path names joined by dots: {@code thread.sp}
     */
    public OptionalLong offset(String structure, String path) {
        OptionalLong bits = bitOffset(structure, path);
        return bits.isEmpty() ? bits : OptionalLong.of(bits.getAsLong() / Byte.SIZE);
    }

    /**
     * Offset in bits of a member, which may be a bit field.
     *
     * @param path names joined by dots
     */
    public OptionalLong bitOffset(String structure, String path) {
        Integer type = structure(structure);
        long offset = 0;
        for (String name : path.split("\\.", -1)) {
            if (type == null || type == 0) {
                return OptionalLong.empty();
            }
            Member member = member(type, name, 0);
            if (member == null) {
                return OptionalLong.empty();
            }
            offset += member.offset;
            type = member.type;
        }
        return OptionalLong.of(offset);
    }

    /** @param offset in bits */
    private record Member(long offset, int type) {}

    private @org.jspecify.annotations.Nullable Member member(int type, String name, int depth) {
        int kind = kind(type);
        if (kind != STRUCT && kind != UNION || depth > DEEPEST) {
            return null;
        }
        boolean hasBitFields = types.getInt(places[type] + 4) < 0;
        for (int i = 0; i < members(type); i++) {
            int at = places[type] + TYPE + TYPE * i;
            if (at + TYPE > types.capacity()) {
                return null;
            }
            int bits = types.getInt(at + 8);
            long offset = hasBitFields ? bits & 0xff_ffff : bits & 0xffff_ffffL;
            int inner = plain(types.getInt(at + 4));
            int called = types.getInt(at);
            if (called != 0 && kernel.text(strings, called).equals(name)) {
                return new Member(offset, inner);
            }
            Member found = called == 0 && inner != 0 ? member(inner, name, depth + 1) : null;
            if (found != null) {
                return new Member(offset + found.offset, found.type);
            }
        }
        return null;
    }

    /** What a type is under its other names; 0 if it is no type. */
    private int plain(int wrapped) {
        int type = wrapped;
        for (int i = 0; i < DEEPEST && type > 0 && type < count && WRAPPERS.contains(kind(type)); i++) {
            type = types.getInt(places[type] + 8);
        }
        return type > 0 && type < count ? type : 0;
    }
}
