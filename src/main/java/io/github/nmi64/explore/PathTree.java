package io.github.nmi64.explore;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The paths explored. A path begins where an event is asserted on its parent's path and follows the deterministic machine
 * until it ends or comes to a state visited before. So a path is three numbers, and everything about it can be had again by
 * running its ancestors: no state is stored.
 *
 * <p>Paths are numbered in blocks; a block belongs to the one {@link Writer} that took it. Children of a path are a list in
 * the order of their offsets.
 */
final class PathTree {
    /** The path that nothing interrupts. */
    static final int FIRST = 0;
    /** No path. */
    static final int NONE = -1;
    /** {@link #end}: it comes to its end alone, or into a path that does. */
    static final int ENDED = -2;

    private static final int BLOCK_BITS = 12;
    private static final int BLOCK = 1 << BLOCK_BITS;
    private static final int MAX_BLOCKS = (1 << 19) - 1; // so that path + 1 is an int
    private static final int PATH_BYTES = 21;

    private static final class Block {
        private final int[] parent = new int[BLOCK];
        private final int[] offset = new int[BLOCK];
        private final int[] firstChild = new int[BLOCK];
        private final int[] next = new int[BLOCK];
        private final int[] end = new int[BLOCK];
        private final byte[] kind = new byte[BLOCK];

        Block() {
            Arrays.fill(end, NONE); // also of numbers that nobody takes
        }

        void write(DataOutput out) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(BLOCK * PATH_BYTES);
            for (int[] column : columns()) {
                bytes.asIntBuffer().put(column);
                bytes.position(bytes.position() + BLOCK * Integer.BYTES);
            }
            out.write(bytes.put(kind).array());
        }

        void read(DataInput in) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(BLOCK * PATH_BYTES);
            in.readFully(bytes.array());
            for (int[] column : columns()) {
                bytes.asIntBuffer().get(column);
                bytes.position(bytes.position() + BLOCK * Integer.BYTES);
            }
            bytes.get(kind);
        }

        private int[][] columns() {
            return new int[][] {parent, offset, firstChild, next, end};
        }
    }

    private volatile Block[] blocks = new Block[64];
    private final AtomicLong bytes = new AtomicLong();
    private int used;

    /** Adds paths on behalf of one thread. */
    final class Writer {
        private int next = NONE;
        private int left;

        /** A new path, or {@link #NONE} if there can be no more. */
        int add(int parent, int offset, int kind) {
            if (left == 0) {
                int block = take();
                if (block < 0) {
                    return NONE;
                }
                next = block << BLOCK_BITS;
                left = BLOCK;
            }
            left--;
            int path = next++;
            Block block = block(path);
            int at = path & BLOCK - 1;
            block.parent[at] = parent;
            block.offset[at] = offset;
            block.kind[at] = (byte) kind;
            block.firstChild[at] = NONE;
            block.next[at] = NONE;
            return path;
        }
    }

    private synchronized int take() {
        if (used == MAX_BLOCKS) {
            return NONE;
        }
        if (used == blocks.length) {
            blocks = Arrays.copyOf(blocks, Math.min(2 * used, MAX_BLOCKS));
        }
        blocks[used] = new Block();
        bytes.addAndGet((long) BLOCK * PATH_BYTES);
        return used++;
    }

    private Block block(int path) {
        return blocks[path >>> BLOCK_BITS];
    }

    /** The path on which the path's event is asserted; {@link #NONE} for the first. */
    int parent(int path) {
        return block(path).parent[path & BLOCK - 1];
    }

    /** Steps from the parent's begin to the boundary of the event. */
    int offset(int path) {
        return block(path).offset[path & BLOCK - 1];
    }

    /** Index of the kind of event. */
    int kind(int path) {
        return block(path).kind[path & BLOCK - 1];
    }

    int firstChild(int path) {
        return block(path).firstChild[path & BLOCK - 1];
    }

    void firstChild(int path, int child) {
        block(path).firstChild[path & BLOCK - 1] = child;
    }

    /** The next child of the same parent. */
    int next(int path) {
        return block(path).next[path & BLOCK - 1];
    }

    void next(int path, int sibling) {
        block(path).next[path & BLOCK - 1] = sibling;
    }

    /**
     * The path this one runs into if that has not been judged yet, else {@link #ENDED}, or {@link #NONE} while the path has
     * not been explored to its end.
     */
    int end(int path) {
        return block(path).end[path & BLOCK - 1];
    }

    void end(int path, int end) {
        block(path).end[path & BLOCK - 1] = end;
    }

    /** Upper bound of the numbers in use. */
    synchronized int bound() {
        return used << BLOCK_BITS;
    }

    /** Writes all paths, while nobody adds any. */
    void write(DataOutput out) throws IOException {
        out.writeInt(used);
        for (int i = 0; i < used; i++) {
            blocks[i].write(out);
        }
    }

    /** Takes in what {@link #write} wrote, into a tree without paths. */
    void read(DataInput in) throws IOException {
        for (int left = in.readInt(); left > 0; left--) {
            blocks[take()].read(in);
        }
    }

    /** Bytes taken. */
    long bytes() {
        return bytes.get();
    }
}
