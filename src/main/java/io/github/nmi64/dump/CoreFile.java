package io.github.nmi64.dump;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.bits.Sha256;
import io.github.nmi64.image.InputFile;
import io.github.nmi64.memory.Page;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.state.CpuState;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What QEMU's {@code dump-guest-memory} writes: an ELF core whose PT_LOADs are physical memory and whose notes have the
 * processors' registers ({@link CpuNote}). Everything is checked before anything is allocated.
 */
public final class CoreFile {
    /** The most physical memory a dump may hold. */
    public static final long LARGEST = 512L << 20;

    private static final int HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int MOST_SEGMENTS = 1024;
    private static final int LARGEST_NOTES = 1 << 20;
    private static final int CORE = 4;
    private static final int X86_64 = 62;
    private static final int LOAD = 1;
    private static final int NOTE = 4;
    /** Below 4 GiB devices begin here at the latest; dumps have video memory and firmware there. */
    private static final long DEVICES = 0xc000_0000L;

    private static final byte[] ZEROS = new byte[Page.SIZE];

    private final String name;
    private final FileChannel file;
    private final long size;
    private final List<Load> loads = new ArrayList<>();
    private final List<CpuNote> processors = new ArrayList<>();
    private final Sha256 digest = new Sha256();

    /** Physical memory in the file. */
    private record Load(long offset, long physical, long bytes) {}

    /**
     * What a dump holds.
     *
     * @param memory physical memory
     * @param state registers, as far as the dump has them
     * @param sha256 of both
     */
    public record Contents(PhysicalMemory memory, CpuState state, String sha256) {}

    private CoreFile(String name, FileChannel file) throws IOException {
        this.name = name;
        this.file = file;
        this.size = file.size();
    }

    /**
     * Reads a dump of a machine with one processor.
     *
     * @throws CoreFormatException if it is none, or damaged, or of a machine that this program does not implement
     */
    public static Contents load(Path path) {
        String name = path.toString();
        if (!Files.isRegularFile(path)) {
            throw new CoreFormatException(name, Files.exists(path) ? "is not a regular file" : "does not exist");
        }
        try (FileChannel channel = FileChannel.open(path)) {
            return new CoreFile(name, channel).contents();
        } catch (EOFException e) {
            throw new CoreFormatException(name, "became shorter while it was read", e);
        } catch (IOException e) {
            throw new CoreFormatException(name, "cannot be read (" + InputFile.reason(e) + ")", e);
        }
    }

    private Contents contents() throws IOException {
        readHeaders();
        if (processors.size() != 1) {
            throw refused(
                    processors.isEmpty()
                            ? "has no note 'QEMU' with the registers; it is to be written by dump-guest-memory"
                            : "is of a machine with " + processors.size() + " processors; give the guest one (-smp 1)");
        }
        long top = loads.stream()
                .mapToLong(load -> load.physical + load.bytes)
                .max()
                .orElse(0);
        if (top == 0) {
            throw refused("has no memory");
        }
        CpuState state = processors.get(0).state(name);
        PhysicalMemory memory = new PhysicalMemory(top);
        for (Load load : loads) {
            read(load, memory);
        }
        digest.add(processors.get(0).bytes());
        return new Contents(memory, state, digest.text());
    }

    private void readHeaders() throws IOException {
        if (size < HEADER) {
            throw refused("is too short to be an ELF core");
        }
        ByteBuffer header = at(0, HEADER);
        if (header.getInt(0) != 0x464c_457f) {
            throw refused("is no ELF core; it is to be written by dump-guest-memory without options for compression");
        }
        if (header.get(4) != 2 || header.get(5) != 1 || header.getShort(16) != CORE || header.getShort(18) != X86_64) {
            throw refused("is no ELF core of an x86-64 machine");
        }
        long offset = header.getLong(32);
        int count = Short.toUnsignedInt(header.getShort(56));
        if (header.getShort(54) != PROGRAM_HEADER || count > MOST_SEGMENTS) {
            throw refused("has " + count + " segments; the limit is " + MOST_SEGMENTS);
        }
        requireInside("table of segments", offset, (long) count * PROGRAM_HEADER);
        ByteBuffer headers = at(offset, count * PROGRAM_HEADER);
        for (int at = 0; at < headers.capacity(); at += PROGRAM_HEADER) {
            readSegment(headers.slice(at, PROGRAM_HEADER).order(ByteOrder.LITTLE_ENDIAN));
        }
    }

    private void readSegment(ByteBuffer header) throws IOException {
        int type = header.getInt(0);
        long offset = header.getLong(8);
        long bytes = header.getLong(32);
        if (type == NOTE) {
            requireInside("notes", offset, bytes);
            if (bytes > LARGEST_NOTES) {
                throw refused("has %,d bytes of notes; the limit is 1 MiB".formatted(bytes));
            }
            processors.addAll(CpuNote.all(name, at(offset, (int) bytes)));
        } else if (type == LOAD) {
            addLoad(offset, header.getLong(24), bytes);
        }
    }

    private void addLoad(long offset, long physical, long bytes) {
        requireInside("memory at " + Hex.of(physical), offset, bytes);
        if (bytes == 0 || physical >= DEVICES && physical < 1L << 32) {
            return;
        }
        if ((physical & Page.SIZE - 1) != 0) {
            throw refused("has memory at " + Hex.of(physical) + ", which is not the beginning of a page");
        }
        if (physical < 0 || physical > DEVICES || physical + bytes > DEVICES) {
            throw refused("has memory at " + Hex.of(physical) + "; give the guest less than 3 GiB");
        }
        loads.add(new Load(offset, physical, bytes));
        long all = loads.stream().mapToLong(Load::bytes).sum();
        if (all > LARGEST) {
            throw refused("holds more than 512 MiB of memory, which is the limit; give the guest less (-m 256)");
        }
    }

    private void requireInside(String what, long offset, long bytes) {
        if (offset < 0 || bytes < 0 || offset > size || bytes > size - offset) {
            throw refused("is cut off: its " + what + " is not in the file");
        }
    }

    /** Pages of zeros are not stored: memory is zero already. */
    private void read(Load load, PhysicalMemory memory) throws IOException {
        byte[] page = new byte[Page.SIZE];
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        for (long done = 0; done < load.bytes; ) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), load.bytes - done));
            fill(buffer, load.offset + done);
            buffer.flip();
            while (buffer.hasRemaining()) {
                int count = Math.min(Page.SIZE, buffer.remaining());
                buffer.get(page, 0, count);
                if (!Arrays.equals(page, 0, count, ZEROS, 0, count)) {
                    digest.add(load.physical + done).add(Arrays.copyOf(page, count));
                    memory.write(load.physical + done, page, 0, count);
                }
                done += count;
            }
        }
    }

    private ByteBuffer at(long offset, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        fill(buffer, offset);
        return buffer;
    }

    private void fill(ByteBuffer buffer, long offset) throws IOException {
        long at = offset;
        while (buffer.hasRemaining()) {
            int read = file.read(buffer, at);
            if (read < 0) {
                throw new EOFException();
            }
            at += read;
        }
    }

    private CoreFormatException refused(String problem) {
        return new CoreFormatException(name, problem);
    }
}
