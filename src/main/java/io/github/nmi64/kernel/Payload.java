package io.github.nmi64.kernel;

import io.airlift.compress.MalformedInputException;
import io.airlift.compress.lz4.Lz4Decompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.SingleXZInputStream;

/** How a bzImage packs its kernel, told by the first bytes of the payload. */
public enum Payload {
    /** RFC 1952. */
    GZIP(0x1f, 0x8b) {
        @Override
        int unpack(byte[] packed, byte[] into) throws IOException {
            try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
                return in.readNBytes(into, 0, into.length);
            }
        }
    },
    /** One stream with the filter for x86 branches. */
    XZ(0xfd, '7', 'z', 'X', 'Z') {
        @Override
        int unpack(byte[] packed, byte[] into) throws IOException {
            try (InputStream in = new SingleXZInputStream(new ByteArrayInputStream(packed), MOST_XZ_KIB)) {
                return in.readNBytes(into, 0, into.length);
            }
        }
    },
    /** The legacy frame: blocks of up to 8 MiB, each after its length. */
    LZ4(0x02, 0x21, 0x4c, 0x18) {
        @Override
        int unpack(byte[] packed, byte[] into) throws IOException {
            ByteBuffer lengths = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
            Lz4Decompressor blocks = new Lz4Decompressor();
            int done = 0;
            int at = Integer.BYTES;
            while (at + Integer.BYTES <= packed.length) {
                int length = lengths.getInt(at);
                at += Integer.BYTES;
                if (length <= 0 || length > packed.length - at) {
                    throw new IOException("a block has " + Integer.toUnsignedString(length) + " bytes");
                }
                done += blocks.decompress(packed, at, length, into, done, into.length - done);
                at += length;
            }
            return done;
        }
    },
    /** RFC 8878, with a window of up to 128 MiB. */
    ZSTD(0x28, 0xb5, 0x2f, 0xfd) {
        /** The library refuses windows beyond 8 MiB, but decompressing into one array it needs none. */
        @Override
        int unpack(byte[] packed, byte[] into) {
            byte[] frame = packed.clone();
            boolean hasWindow = frame.length > WINDOW && (frame[WINDOW - 1] & SINGLE_SEGMENT) == 0;
            if (hasWindow && (frame[WINDOW] & 0xff) > WINDOW_OF_8_MIB) {
                frame[WINDOW] = WINDOW_OF_8_MIB;
            }
            return new ZstdDecompressor().decompress(frame, 0, frame.length, into, 0, into.length);
        }
    };

    private static final int MOST_XZ_KIB = 128 << 10;
    /** Offset of the window descriptor in a frame; the frame header descriptor is before it. */
    private static final int WINDOW = 5;

    private static final int SINGLE_SEGMENT = 0x20;
    private static final byte WINDOW_OF_8_MIB = 23 - 10 << 3;

    private final int[] magic;

    Payload(int... magic) {
        this.magic = magic;
    }

    /** The one that begins like this, if it is known. */
    static Optional<Payload> of(byte[] packed) {
        return Stream.of(values()).filter(payload -> payload.begins(packed)).findFirst();
    }

    private boolean begins(byte[] packed) {
        for (int i = 0; i < magic.length; i++) {
            if (packed.length <= i || (packed[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    /** Unpacks; answers how many bytes there were. */
    abstract int unpack(byte[] packed, byte[] into) throws IOException;

    /**
     * Unpacks.
     *
     * @param name what errors call the file
     * @param size bytes that come out
     */
    final byte[] unpacked(String name, byte[] packed, int size) {
        byte[] kernel = new byte[size];
        try {
            int done = unpack(packed, kernel);
            if (done != size) {
                throw new KernelFormatException(name, "unpacks to " + done + " bytes and says " + size);
            }
            return kernel;
        } catch (IOException | MalformedInputException | IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new KernelFormatException(name, "its " + text() + " payload is damaged (" + e.getMessage() + ")", e);
        }
    }

    /** {@code xz}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
