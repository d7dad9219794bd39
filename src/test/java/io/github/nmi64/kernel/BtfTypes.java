package io.github.nmi64.kernel;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a section {@code .BTF} of structures: {@code STRUCT.MEMBER} lies at an offset, {@code STRUCT.MEMBER.INNER} in a
 * structure at the offset 0 of the outer one.
 */
public final class BtfTypes {
    private static final int MAGIC = 0xeb9f;
    private static final int HEADER = 24;
    private static final int STRUCT = 4;
    private static final long DEFAULT_SIZE = 4096;

    /** Members of structures by name; of a structure within one the name is the path that leads there. */
    private final Map<String, Map<String, Long>> structures = new LinkedHashMap<>();

    private final Map<String, Long> sizes = new LinkedHashMap<>();

    /** A member by its path from a structure. */
    public BtfTypes member(String path, long offset) {
        int last = path.lastIndexOf('.');
        String outer = path.substring(0, last);
        members(outer).put(path.substring(last + 1), offset);
        if (outer.indexOf('.') >= 0) {
            member(outer, 0);
        }
        return this;
    }

    /** The size of a structure. */
    public BtfTypes size(String structure, long size) {
        members(structure);
        sizes.put(structure, size);
        return this;
    }

    /** Takes a structure away. */
    public BtfTypes without(String structure) {
        structures.remove(structure);
        return this;
    }

    private Map<String, Long> members(String structure) {
        return structures.computeIfAbsent(structure, name -> new LinkedHashMap<>());
    }

    /** The bytes of the section. */
    public byte[] section() {
        List<String> names = new ArrayList<>(structures.keySet());
        ByteArrayOutputStream strings = new ByteArrayOutputStream();
        strings.write(0);
        int members = structures.values().stream().mapToInt(Map::size).sum();
        ByteBuffer types = MiniatureKernel.little(12 * (names.size() + members));
        for (String name : names) {
            Map<String, Long> content = structures.get(name);
            types.putInt(text(strings, name))
                    .putInt(STRUCT << 24 | content.size())
                    .putInt(sizes.getOrDefault(name, DEFAULT_SIZE).intValue());
            content.forEach((member, offset) -> types.putInt(text(strings, member))
                    .putInt(1 + names.indexOf(name + "." + member))
                    .putInt(8 * offset.intValue()));
        }
        int length = types.capacity();
        return MiniatureKernel.little(HEADER + length + strings.size())
                .putShort((short) MAGIC)
                .put((byte) 1)
                .put((byte) 0)
                .putInt(HEADER)
                .putInt(0)
                .putInt(length)
                .putInt(length)
                .putInt(strings.size())
                .put(types.array())
                .put(strings.toByteArray())
                .array();
    }

    private static int text(ByteArrayOutputStream strings, String name) {
        int at = strings.size();
        strings.writeBytes((name + "\0").getBytes(StandardCharsets.US_ASCII));
        return at;
    }
}
