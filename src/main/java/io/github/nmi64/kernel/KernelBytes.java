package io.github.nmi64.kernel;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Something that holds a kernel, by the name that errors call it. */
class KernelBytes {
    private final String name;

    KernelBytes(String name) {
        this.name = name;
    }

    KernelFormatException refused(String problem) {
        return new KernelFormatException(name, problem);
    }

    /** The characters up to the next 0. */
    String text(ByteBuffer in, int from) {
        int end = from;
        while (end >= 0 && end < in.capacity() && in.get(end) != 0) {
            end++;
        }
        if (from < 0 || end >= in.capacity()) {
            throw refused("has a name that does not end");
        }
        byte[] bytes = new byte[end - from];
        in.get(from, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
