package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.DeliveredEvent;
import java.util.List;

/**
 * What an interrupted handler has on its stack is there when it goes on: no event's frame is pushed over its saved
 * registers, and the frame it returns by is neither another event's that was pushed over it nor changed by anybody while the
 * handler was interrupted.
 *
 * <p>A frame that is pushed over another is no fault yet: the entries that let NMIs nest keep a copy and return by that. So
 * it is told when an IRET pops the frame. Saved registers have no copy.
 */
final class FrameOverwritten extends Invariant {
    private static final int RFLAGS = 2;
    private static final List<String> NAMES = List.of("rip", "cs", "rflags", "rsp", "ss");
    private static final int[] CONTEXT = {
        ContextRegisters.RIP, ContextRegisters.CS, ContextRegisters.RFLAGS, Gpr.RSP, ContextRegisters.SS
    };

    private final StackRanges stacks;

    FrameOverwritten(StackRanges stacks) {
        super("frame-overwritten");
        this.stacks = stacks;
    }

    @Override
    void delivered(Scene scene, DeliveredEvent event) {
        Nesting nesting = scene.nesting();
        EventFrames frames = nesting.eventFrames;
        int level = nesting.depth - 1;
        long frame = event.frame() + (event.hasErrorCode() ? 8 : 0);
        frames.push(level, frame, event.frame());
        for (int below = 0; below < level; below++) {
            if (event.frame() - (frames.frame(below) + EventFrames.SIZE) < 0
                    && frames.frame(below) - (frame + EventFrames.SIZE) < 0) {
                frames.overwrite(below, event.vector(), event.ist(), scene.retired());
            }
        }
        if (level > 0) {
            tellRegisters(scene, event, frame + EventFrames.SIZE);
            keep(scene, level - 1, event.fromRsp());
        }
    }

    /** Tells of the innermost handler whose saved registers the new frame lies on. */
    private void tellRegisters(Scene scene, DeliveredEvent event, long end) {
        Nesting nesting = scene.nesting();
        for (int level = nesting.depth - 1; level > 0; level--) {
            long rsp = nesting.value(level, Gpr.RSP);
            long top = nesting.eventFrames.lowest(level - 1);
            boolean isKernel = (nesting.value(level, ContextRegisters.CS) & 3) == 0;
            if (isKernel
                    && rsp - end < 0
                    && event.frame() - top < 0
                    && rsp - top < 0
                    && stacks.areOne(scene, rsp, top)) {
                broken(
                        scene,
                        "registers",
                        name(event.vector(), event.ist()) + " pushes its frame at " + Hex.of(event.frame())
                                + " onto what the handler of " + Vector.name(nesting.vector(level - 1))
                                + " has on its stack from " + Hex.of(rsp) + " to " + Hex.of(top)
                                + ", where it was interrupted by " + Vector.name(nesting.vector(level)) + " at step "
                                + nesting.step(level));
                return;
            }
        }
    }

    /** The handler at this level has been interrupted with this RSP: remembers its frame, unless it is given up already. */
    private void keep(Scene scene, int level, long rsp) {
        EventFrames frames = scene.nesting().eventFrames;
        long popped = rsp - frames.frame(level);
        boolean isPopped = popped > 0 && popped <= StackRanges.LONGEST;
        if (frames.isOverwritten(level) || isPopped) {
            return;
        }
        long[] now = new long[EventFrames.WORDS];
        if (!read(scene, frames.frame(level), now)) {
            return;
        }
        int stillChanged = 0;
        for (int i = 0; i < now.length; i++) {
            stillChanged |= now[i] == frames.quadword(level, i) ? 0 : 1 << i;
        }
        if ((frames.changed(level) & stillChanged) == 0) {
            frames.keep(level, now);
        }
    }

    @Override
    void resumed(Scene scene, int level) {
        EventFrames frames = scene.nesting().eventFrames;
        frames.cut(level);
        int handler = level - 1;
        if (handler < 0 || !frames.isKept(handler) || frames.changed(handler) != 0) {
            return;
        }
        long[] now = new long[EventFrames.WORDS];
        if (read(scene, frames.frame(handler), now)) {
            frames.compare(
                    handler, now, scene.nesting().vector(level), scene.nesting().step(level));
        }
    }

    @Override
    void popping(Scene scene, long frame) {
        EventFrames frames = scene.nesting().eventFrames;
        frames.cut(scene.nesting().depth);
        int level = frames.innermostAt(frame);
        if (level < 0 || !frames.isOverwritten(level) && frames.changed(level) == 0) {
            return;
        }
        long[] now = new long[EventFrames.WORDS];
        if (!scene.popsQuadwords() || !read(scene, frame, now)) {
            return;
        }
        if (frames.isOverwritten(level)) {
            tellOverwritten(scene, level, now);
        } else {
            tellChanged(scene, level, now);
        }
        frames.settle(level);
    }

    /** The frames of the program's own handlers, which it has not popped yet, are what has changed. */
    @Override
    void interfered(Scene scene) {
        EventFrames frames = scene.nesting().eventFrames;
        for (int level = scene.nesting().departure.level - 1; level >= 0; level--) {
            long[] now = new long[EventFrames.WORDS];
            if (!read(scene, frames.frame(level), now)) {
                continue;
            }
            if (frames.isOverwritten(level)) {
                tellOverwritten(scene, level, now);
            } else if (frames.changed(level) != 0) {
                tellChanged(scene, level, now);
            }
        }
    }

    private void tellOverwritten(Scene scene, int level, long[] now) {
        Nesting nesting = scene.nesting();
        EventFrames frames = nesting.eventFrames;
        for (int i = 0; i < now.length; i++) {
            long quadword = i == RFLAGS ? now[i] & ~Rflags.RF : now[i];
            long was = nesting.value(level, CONTEXT[i]);
            if (quadword != was) {
                broken(
                        scene,
                        "frame",
                        popped(scene, level) + "; " + name(frames.culprit(level), frames.culpritStack(level))
                                + " pushed its own over it at step " + frames.culpritStep(level) + ": " + NAMES.get(i)
                                + " was " + Hex.of(was) + " and is " + Hex.of(now[i]));
                return;
            }
        }
    }

    private void tellChanged(Scene scene, int level, long[] now) {
        EventFrames frames = scene.nesting().eventFrames;
        for (int i = 0; i < now.length; i++) {
            boolean isChanged = (frames.changed(level) >>> i & 1) != 0;
            if (isChanged && now[i] != frames.quadword(level, i)) {
                broken(
                        scene,
                        NAMES.get(i),
                        popped(scene, level) + "; " + NAMES.get(i) + " was " + Hex.of(frames.quadword(level, i))
                                + " and is " + Hex.of(now[i]) + " since "
                                + Vector.name(frames.culprit(level)) + " interrupted that handler at step "
                                + frames.culpritStep(level));
            }
        }
    }

    private static String popped(Scene scene, int level) {
        Nesting nesting = scene.nesting();
        return "the handler of " + Vector.name(nesting.vector(level)) + ", delivered at step " + nesting.step(level)
                + ", returns by its frame at " + Hex.of(nesting.eventFrames.frame(level));
    }

    private static String name(int vector, int ist) {
        return Vector.name(vector) + (ist == 0 ? "" : " (IST " + ist + ")");
    }

    private static boolean read(Scene scene, long frame, long[] into) {
        for (int i = 0; i < into.length; i++) {
            var quadword = scene.quadword(frame + 8L * i);
            if (quadword.isEmpty()) {
                return false;
            }
            into[i] = quadword.getAsLong();
        }
        return true;
    }
}
