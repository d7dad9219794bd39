package io.github.nmi64.explore;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.trace.TraceSink;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * A search that stopped at a limit before it was complete: what it has visited and what is left to do. Kept in a file it
 * lets a later search with a higher limit go on from there.
 *
 * <p>The file: the bytes {@code nmi64ck} and a version, the {@link Key} of what was searched, then the search, all numbers
 * big-endian, at the end a CRC-32C of everything before it.
 */
public final class Checkpoint {
    /** The last byte counts up whenever the layout changes, or what a visited state has been checked for. */
    private static final byte[] MAGIC = {'n', 'm', 'i', '6', '4', 'c', 'k', 5};

    private static final int BUFFER = 1 << 16;

    private final SearchState search;
    private final Extent extent;

    /** A file that cannot be gone on from; the message says why. */
    public static final class UnusableException extends Exception {
        private static final long serialVersionUID = 1L;

        UnusableException(String message) {
            super(message);
        }
    }

    /**
     * What was searched. Two searches with equal keys may go on from each other.
     *
     * @param image SHA-256 of the image, and of the directives that stand outside it
     * @param events kinds of event
     * @param shard "1/1" for everything
     * @param costs name of the cycle model
     * @param reset fingerprint of the state at reset, which tells also whether states are identified in the same way
     */
    private record Key(String image, String events, String shard, String costs, String reset) {
        static Key of(SearchState search) {
            CheckOptions options = search.options;
            Walker walker = new Walker(search, TraceSink.NONE);
            walker.identity().take();
            long quadword = walker.machine().state().interrupts.bits();
            return new Key(
                    search.fixture.image().sha256() + search.fixture.outside(),
                    String.join(
                            ",",
                            options.events().stream().map(InjectedEvent::text).toList()),
                    options.shard() + 1 + "/" + options.shards(),
                    options.costs().toString(),
                    walker.identity().low(quadword) + " " + walker.identity().high(quadword));
        }

        void write(DataOutput out) throws IOException {
            for (String text : List.of(image, events, shard, costs, reset)) {
                out.writeUTF(text);
            }
        }

        static Key read(DataInput in) throws IOException {
            return new Key(in.readUTF(), in.readUTF(), in.readUTF(), in.readUTF(), in.readUTF());
        }

        void mustBe(Key wanted) throws UnusableException {
            if (!image.equals(wanted.image)) {
                throw new UnusableException(
                        "it belongs to another fixture, or to this one before it or its directives changed");
            }
            require("--events", events, wanted.events);
            require("--shard", shard, wanted.shard);
            require("--cycles", costs, wanted.costs);
            if (!reset.equals(wanted.reset)) {
                throw new UnusableException("written by another version of nmi64; start a new search");
            }
        }

        private static void require(String option, String kept, String wanted) throws UnusableException {
            if (!kept.equals(wanted)) {
                throw new UnusableException(
                        "it is a search with " + option + " " + kept + ", not " + wanted + "; give the same");
            }
        }
    }

    /**
     * How far the search is.
     *
     * @param layers layers complete
     * @param midLayer whether the layer after those is in progress
     */
    record Extent(int layers, boolean midLayer) {}

    Checkpoint(SearchState search, Extent extent) {
        this.search = search;
        this.extent = extent;
    }

    SearchState search() {
        return search;
    }

    Extent extent() {
        return extent;
    }

    /** Writes the file; closes the stream. */
    public void write(OutputStream file) throws IOException {
        CRC32C sum = new CRC32C();
        try (DataOutputStream out =
                new DataOutputStream(new CheckedOutputStream(new BufferedOutputStream(file, BUFFER), sum))) {
            out.write(MAGIC);
            Key.of(search).write(out);
            out.writeBoolean(search.withTime);
            search.lessons.write(out);
            out.writeInt(extent.layers());
            out.writeBoolean(extent.midLayer());
            search.write(out);
            out.writeLong(sum.getValue());
        }
    }

    /**
     * Reads a file.
     *
     * @param options those of the search that is to go on; its limits may differ
     * @throws UnusableException if the file is no checkpoint of this search
     */
    public static Checkpoint read(Path file, Fixture fixture, CheckOptions options)
            throws IOException, UnusableException {
        verify(file);
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER))) {
            in.skipNBytes(MAGIC.length);
            Key key = Key.read(in);
            boolean withTime = in.readBoolean();
            Lessons lessons = Lessons.read(in);
            Extent extent = new Extent(in.readInt(), in.readBoolean());
            SearchState search = new SearchState(fixture, options, lessons, withTime);
            key.mustBe(Key.of(search));
            search.read(in);
            if (search.exceedsMemory()) {
                long needed = search.visited.bytes() + search.tree.bytes() >>> 20;
                throw new UnusableException("it takes " + (needed + 1) + " MiB already; raise --memory");
            }
            return new Checkpoint(search, extent);
        }
    }

    /** Reads everything once: only what is whole is looked into. */
    private static void verify(Path file) throws IOException, UnusableException {
        long length = Files.size(file) - Long.BYTES;
        CRC32C sum = new CRC32C();
        try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file), BUFFER);
                DataInputStream in = new DataInputStream(new CheckedInputStream(bytes, sum))) {
            byte[] magic = in.readNBytes(MAGIC.length);
            if (!Arrays.equals(magic, MAGIC)) {
                throw new UnusableException("not a file written by 'check --save', or from another version");
            }
            long left = length - MAGIC.length;
            byte[] buffer = new byte[BUFFER];
            while (left > 0) {
                int read = in.read(buffer, 0, (int) Math.min(left, BUFFER));
                if (read < 0) {
                    break;
                }
                left -= read;
            }
            long expected = sum.getValue();
            if (left != 0 || in.readLong() != expected) {
                throw new UnusableException("it is damaged; start a new search with --save");
            }
        }
    }
}
