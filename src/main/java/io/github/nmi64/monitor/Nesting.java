package io.github.nmi64.monitor;

import io.github.nmi64.bits.Digest;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.EventType;
import java.util.Arrays;

/**
 * What the invariants remember from one boundary to the next: who has been interrupted and not resumed, whether the NMI
 * handler's body is running, whether a delivered NMI still waits for it. Plain data, a part of an explored state's identity.
 *
 * <p>Each delivery puts the interrupted context on a list. An IRET resumes the context whose frame it pops, else the
 * innermost that it arrives at with RIP, RSP, CS and SS, else the innermost whose RIP it arrives at ({@link #resumedBy}); a
 * RET one whose RIP, RSP and CS it arrives at, unless it only ends a CALL that was made since. The contexts above it are then
 * abandoned. While the outermost program is away, those below it are its own and wait for it: nothing resumes them.
 */
final class Nesting {
    /** Contexts remembered; of a deeper nest some are forgotten. */
    static final int DEEPEST = 64;

    /** RIP, CS, RFLAGS, RSP, SS. */
    static final int FRAME_SIZE = 40;

    /** Not a canonical address: the frame's words belong to another frame now. */
    static final long OVERWRITTEN = 1L << 62;

    /** Number of contexts on the list. */
    int depth;
    /** An NMI was delivered and the handler's body has not started since. */
    boolean owed;
    /** The handler's body has started and not reached its last instruction. */
    boolean inBody;
    /** Where the saved registers of the running body are. */
    long savedRegisters;
    /** Events may arrive here: the window has been reached and not left. */
    boolean open;
    /** Steps the outermost program has made since the window opened, if that ends the run; else 0. */
    long made;
    /** Where the outermost program was interrupted by an event from outside, if it was. */
    final Departure departure = new Departure();

    /** The frames of the events that interrupted the contexts. */
    final EventFrames eventFrames = new EventFrames();

    private long[] values = {};
    private int[] vectors = {};
    private EventType[] types = {};
    private boolean[] compared = {};
    /** A CALL made since will return to where the context was interrupted, at the same stack pointer. */
    private boolean[] called = {};

    private long[] frames = {};
    private long[] steps = {};
    private long[] digests = {};
    private final Digest digest = new Digest();

    private void ensure(int contexts) {
        if (contexts > vectors.length) {
            values = Arrays.copyOf(values, contexts * ContextRegisters.COUNT);
            vectors = Arrays.copyOf(vectors, contexts);
            types = Arrays.copyOf(types, contexts);
            compared = Arrays.copyOf(compared, contexts);
            called = Arrays.copyOf(called, contexts);
            frames = Arrays.copyOf(frames, contexts);
            steps = Arrays.copyOf(steps, contexts);
            digests = Arrays.copyOf(digests, 2 * contexts);
        }
    }

    /** Copies everything from another one. */
    void copyFrom(Nesting other) {
        depth = other.depth;
        owed = other.owed;
        inBody = other.inBody;
        savedRegisters = other.savedRegisters;
        open = other.open;
        made = other.made;
        eventFrames.copyFrom(other.eventFrames);
        departure.copyFrom(other.departure);
        ensure(depth);
        System.arraycopy(other.values, 0, values, 0, depth * ContextRegisters.COUNT);
        System.arraycopy(other.vectors, 0, vectors, 0, depth);
        System.arraycopy(other.types, 0, types, 0, depth);
        System.arraycopy(other.compared, 0, compared, 0, depth);
        System.arraycopy(other.called, 0, called, 0, depth);
        System.arraycopy(other.frames, 0, frames, 0, depth);
        System.arraycopy(other.steps, 0, steps, 0, depth);
        System.arraycopy(other.digests, 0, digests, 0, 2 * depth);
    }

    /** Adds what matters for the future to a digest; not when a context was interrupted. */
    void digest(Digest into) {
        int top = 2 * depth - 2;
        into.add(depth == 0 ? 0 : digests[top], depth == 0 ? 0 : digests[top + 1]);
        into.add(made << 32 | (long) depth << 3 | (owed ? 4 : 0) | (inBody ? 2 : 0) | (open ? 1 : 0), savedRegisters);
        eventFrames.digest(into, depth);
        departure.digest(into);
    }

    /**
     * Puts the context an event interrupted on the list.
     *
     * @param context its registers
     * @param isCompared it must be resumed as it was: the event struck from outside
     */
    void push(DeliveredEvent event, long[] context, boolean isCompared, long step) {
        if (isFull()) {
            forgetOldest();
        }
        if (depth == vectors.length) {
            ensure(Math.min(DEEPEST, 2 * depth + 4));
        }
        System.arraycopy(context, 0, values, depth * ContextRegisters.COUNT, ContextRegisters.COUNT);
        vectors[depth] = event.vector();
        types[depth] = event.type();
        compared[depth] = isCompared;
        called[depth] = false;
        frames[depth] = event.frame() + (event.hasErrorCode() ? 8 : 0);
        forgetOverwritten(frames[depth]);
        steps[depth] = step;
        depth++;
        chain(depth - 1);
    }

    /** The lowest level that may be resumed. */
    private int lowest() {
        return departure.away ? departure.level : 0;
    }

    /** The lowest level whose handler may have ended unnoticed. */
    int lowestAbandoned() {
        return departure.away ? departure.level + 1 : 0;
    }

    /** A frame where an older one was ends what the older one was good for. */
    private void forgetOverwritten(long frame) {
        for (int level = lowest(); level < depth; level++) {
            if (frames[level] == frame) {
                frames[level] = OVERWRITTEN;
                chainFrom(level);
            }
        }
    }

    /** True if the next delivery makes one forgotten. */
    private boolean isFull() {
        return depth == DEEPEST;
    }

    /**
     * Of those that wait above the outermost program: its context is needed when it comes back. Whoever is forgotten is not
     * compared; the outermost program is.
     */
    private void forgetOldest() {
        depth--;
        int oldest = departure.away && departure.level < depth ? departure.level + 1 : 1;
        if (departure.away && oldest <= departure.level) {
            departure.level--;
        }
        int left = depth - oldest;
        int first = oldest * ContextRegisters.COUNT;
        System.arraycopy(values, first + ContextRegisters.COUNT, values, first, left * ContextRegisters.COUNT);
        System.arraycopy(vectors, oldest + 1, vectors, oldest, left);
        System.arraycopy(types, oldest + 1, types, oldest, left);
        System.arraycopy(compared, oldest + 1, compared, oldest, left);
        System.arraycopy(called, oldest + 1, called, oldest, left);
        System.arraycopy(frames, oldest + 1, frames, oldest, left);
        System.arraycopy(steps, oldest + 1, steps, oldest, left);
        eventFrames.forget(oldest);
        chainFrom(oldest);
    }

    private void chainFrom(int lowest) {
        for (int level = lowest; level < depth; level++) {
            chain(level);
        }
    }

    /** The digest of a level covers those below it. */
    private void chain(int level) {
        digest.reset();
        digest.add(level == 0 ? 0 : digests[2 * level - 2], level == 0 ? 0 : digests[2 * level - 1]);
        int at = level * ContextRegisters.COUNT;
        for (int i = 0; i < ContextRegisters.COUNT; i += 2) {
            digest.add(values[at + i], values[at + i + 1]);
        }
        digest.add(frames[level], 0);
        long last = (long) types[level].number() << 16
                | (long) vectors[level] << 2
                | (called[level] ? 2 : 0)
                | (compared[level] ? 1 : 0);
        digests[2 * level] = digest.low(last);
        digests[2 * level + 1] = digest.high(last);
    }

    /**
     * The level of the context that an IRET resumes, or -1. {@code now} is at its target.
     *
     * <p>RIP alone is enough if nothing fits better, so that a damaged frame is told where it is used; but not for an IRET
     * that serialises: it goes to the next instruction with RSP right above the frame it popped, and a program and its
     * handler may share it.
     *
     * @param frame address of the frame it popped
     * @param from its own address
     */
    int resumedBy(long frame, long from, CpuState now) {
        for (int level = depth - 1; level >= lowest(); level--) {
            if (frames[level] == frame) {
                return level;
            }
        }
        for (int level = depth - 1; level >= lowest(); level--) {
            if (isAt(level, now)) {
                return level;
            }
        }
        boolean serialises =
                now.gpr[Gpr.RSP] == frame + FRAME_SIZE && now.rip - from > 0 && now.rip - from <= Decoder.MAX_LENGTH;
        for (int level = depth - 1; level >= lowest() && !serialises; level--) {
            if (value(level, ContextRegisters.RIP) == now.rip) {
                return level;
            }
        }
        return -1;
    }

    private boolean isAt(int level, CpuState now) {
        return value(level, ContextRegisters.RIP) == now.rip
                && value(level, Gpr.RSP) == now.gpr[Gpr.RSP]
                && value(level, ContextRegisters.CS) == now.selector(Segment.CS)
                && value(level, ContextRegisters.SS) == now.selector(Segment.SS);
    }

    /** Address of the frame of the event that interrupted a context. */
    long frame(int level) {
        return frames[level];
    }

    /** A CALL was made with this stack pointer before it. {@code returnsTo} is the return address. */
    void called(long rsp, long returnsTo) {
        for (int level = depth - 1; level >= 0; level--) {
            if (value(level, Gpr.RSP) == rsp && value(level, ContextRegisters.RIP) == returnsTo) {
                mark(level, true);
            }
        }
    }

    /** The level of the context that a RET to this place resumes, or -1. */
    int returnedTo(long rip, long rsp, long cs) {
        for (int level = depth - 1; level >= lowest(); level--) {
            if (value(level, ContextRegisters.RIP) == rip
                    && value(level, Gpr.RSP) == rsp
                    && value(level, ContextRegisters.CS) == cs) {
                boolean endsCall = called[level];
                mark(level, false);
                return endsCall ? -1 : level;
            }
        }
        return -1;
    }

    private void mark(int level, boolean calledAgain) {
        if (called[level] != calledAgain) {
            called[level] = calledAgain;
            chainFrom(level);
        }
    }

    /** The innermost level interrupted through this vector, or -1. */
    int innermost(int vector) {
        for (int level = depth - 1; level >= 0; level--) {
            if (vectors[level] == vector) {
                return level;
            }
        }
        return -1;
    }

    /** True if a context waits on a stack: with its stack pointer at CPL 0, or with the frame of what interrupted it. */
    boolean waitsOn(Region stack) {
        for (int level = 0; level < depth; level++) {
            long rsp = value(level, Gpr.RSP);
            boolean isKernel = (value(level, ContextRegisters.CS) & 3) == 0;
            if (isKernel && rsp - stack.start() > 0 && rsp - stack.end() <= 0 || stack.contains(frames[level])) {
                return true;
            }
        }
        return false;
    }

    /** True if an external interrupt through this vector has interrupted one of the contexts. */
    boolean isInService(int vector) {
        for (int level = 0; level < depth; level++) {
            if (vectors[level] == vector && types[level] == EventType.EXTERNAL_INTERRUPT) {
                return true;
            }
        }
        return false;
    }

    /** The outermost level interrupted through this vector, or the number of levels if there is none. */
    int outermost(int vector) {
        int level = 0;
        while (level < depth && vectors[level] != vector) {
            level++;
        }
        return level;
    }

    /** One register of a context, by its index in {@link ContextRegisters}. */
    long value(int level, int index) {
        return values[level * ContextRegisters.COUNT + index];
    }

    /** The vector of the event that interrupted a context. */
    int vector(int level) {
        return vectors[level];
    }

    /** True if the context must be resumed as it was. */
    boolean isCompared(int level) {
        return compared[level];
    }

    /** Instructions retired when the context was interrupted. */
    long step(int level) {
        return steps[level];
    }
}
