package io.github.nmi64.kernel;

import io.github.nmi64.image.ElfImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * The file a boot loader takes: a setup header, then the packed kernel (Linux x86 boot protocol 2.08 and later; the last four
 * bytes of the payload are the size of what is packed).
 */
final class BzImage {
    private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};
    private static final int SECTOR = 512;
    private static final int SETUP_SECTORS = 0x1f1;
    private static final int MAGIC = 0x202;
    private static final int HDRS = 0x5372_6448;
    private static final int VERSION = 0x206;
    private static final int OLDEST = 0x208;
    private static final int PAYLOAD_OFFSET = 0x248;
    private static final int PAYLOAD_LENGTH = 0x24c;
    private static final int HEADER = 0x250;

    private final byte[] elf;
    private final Optional<Payload> payload;

    private BzImage(byte[] elf, Optional<Payload> payload) {
        this.elf = elf;
        this.payload = payload;
    }

    /** The kernel as an ELF file; not to be changed. */
    byte[] elf() {
        return elf;
    }

    /** How it was packed; empty if it was not. */
    Optional<Payload> payload() {
        return payload;
    }

    /** Unpacks a bzImage; an ELF file is taken as it is. */
    static BzImage unpack(String name, byte[] file) {
        if (file.length >= ELF.length && Arrays.equals(ELF, Arrays.copyOf(file, ELF.length))) {
            return new BzImage(file, Optional.empty());
        }
        ByteBuffer header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        if (!isBzImage(file)) {
            throw new KernelFormatException(name, "is neither a bzImage nor an ELF file");
        }
        if (header.getShort(VERSION) < OLDEST) {
            throw new KernelFormatException(
                    name,
                    "has boot protocol %x.%02x; 2.08 or later is needed"
                            .formatted(header.get(VERSION + 1), header.get(VERSION)));
        }
        int sectors = (file[SETUP_SECTORS] & 0xff) == 0 ? 4 : file[SETUP_SECTORS] & 0xff;
        long start = (sectors + 1L) * SECTOR + Integer.toUnsignedLong(header.getInt(PAYLOAD_OFFSET));
        long length = Integer.toUnsignedLong(header.getInt(PAYLOAD_LENGTH));
        if (length <= Integer.BYTES || start + length > file.length) {
            throw new KernelFormatException(
                    name, "its payload, %d bytes at 0x%x, is not in the file".formatted(length, start));
        }
        long end = start + length - Integer.BYTES;
        long size = Integer.toUnsignedLong(header.getInt((int) end));
        if (size > ElfImage.LARGEST) {
            throw new KernelFormatException(name, "would unpack to " + size + " bytes; the limit is 256 MiB");
        }
        byte[] packed = Arrays.copyOfRange(file, (int) start, (int) end);
        Payload payload = Payload.of(packed)
                .orElseThrow(() -> new KernelFormatException(
                        name,
                        "is packed by an unknown compressor; known are gzip, xz, lz4 and zstd (the payload begins with "
                                + Integer.toHexString(header.getInt((int) start)) + ")"));
        return new BzImage(payload.unpacked(name, packed, (int) size), Optional.of(payload));
    }

    /** True if a file begins as a bzImage does. */
    static boolean isBzImage(byte[] file) {
        return file.length >= HEADER
                && ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(MAGIC) == HDRS;
    }
}
