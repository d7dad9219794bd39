package io.github.nmi64.monitor;

import io.github.nmi64.fixture.Directives;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.isa.Segment;
import java.util.ArrayList;
import java.util.List;

/** Which addresses are on one stack, by the fixture's directives and otherwise by the pointers in the TSS. */
final class StackRanges {
    /** The longest stack whose ends nobody has declared. */
    static final long LONGEST = 16 << 10;

    /** No stack is so short that another ends this little below the frame of a handler, unless the two overlap. */
    private static final long SHORTEST = 2 << 10;

    /** Offsets in the TSS: RSP0 to RSP2, then the reserved quadword, then IST1 to IST7. */
    private static final int TSS_RSP0 = 4;

    private static final int TSS_POINTERS = 11;
    private static final int TSS_RESERVED = 3;

    private final List<Region> declared;

    StackRanges(Directives directives) {
        List<Region> stacks = new ArrayList<>(directives.check().stacks());
        directives.landmarks().istStack().ifPresent(stacks::add);
        this.declared = List.copyOf(stacks);
    }

    /** True if two addresses, {@code low} not above {@code high}, are on the same stack. */
    boolean areOne(Scene scene, long low, long high) {
        for (int i = 0; i < declared.size(); i++) {
            Region stack = declared.get(i);
            if (stack.contains(low) || stack.contains(high)) {
                return stack.contains(low) && stack.contains(high);
            }
        }
        if (high - low > LONGEST) {
            return false;
        }
        long tss = scene.state().segments.base[Segment.TR];
        for (int i = 0; i < TSS_POINTERS; i++) {
            long other = i == TSS_RESERVED
                    ? 0
                    : scene.quadword(tss + TSS_RSP0 + 8L * i).orElse(0);
            if (other - low >= 0 && high - other >= SHORTEST) {
                return false; // another stack ends between them
            }
        }
        return true;
    }
}
