package io.github.nmi64.explore;

import io.github.nmi64.run.FootprintScope;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Set;

/**
 * What earlier attempts at a search have taught: quadwords of memory that it must not treat as it would. An attempt that learns
 * something stops, and the next one knows better; only {@link #declaredReads} changes nothing. Safe for use by several threads.
 */
final class Lessons implements FootprintScope {
    /** Stack quadwords that seemed dead and were read: they never die again. */
    final QuadwordSet live;
    /** Words left out of footprints that the program itself was seen to read: they are compared. */
    final QuadwordSet compared;
    /** Those that the next attempt is to compare as well: within an attempt two footprints must be of the same words. */
    final QuadwordSet toCompare = new QuadwordSet();
    /** Words of stacks that are compared while nobody uses the stack: the program was seen to read them when it came back. */
    private final QuadwordSet comparedWhileUnused;
    /** Those that the next attempt is to compare as well. */
    final QuadwordSet toCompareWhileUnused = new QuadwordSet();
    /** Words that handlers only add to in place: they are left out of footprints. */
    private final QuadwordSet counters;
    /** Words declared the handlers' own that the program reads all the same. */
    final QuadwordSet declaredReads;

    Lessons() {
        this(new QuadwordSet(), new QuadwordSet(), new QuadwordSet(), new QuadwordSet(), new QuadwordSet());
    }

    private Lessons(
            QuadwordSet live,
            QuadwordSet compared,
            QuadwordSet comparedWhileUnused,
            QuadwordSet counters,
            QuadwordSet declaredReads) {
        this.live = live;
        this.compared = compared;
        this.comparedWhileUnused = comparedWhileUnused;
        this.counters = counters;
        this.declaredReads = declaredReads;
    }

    /** A new attempt begins. */
    void takeIn() {
        compared.add(toCompare.quadwords());
        comparedWhileUnused.add(toCompareWhileUnused.quadwords());
    }

    @Override
    public boolean isCompared(long quadword) {
        return compared.contains(quadword);
    }

    @Override
    public long[] comparedWhileUnused() {
        return comparedWhileUnused.sorted();
    }

    @Override
    public long[] counters() {
        return counters.sorted();
    }

    @Override
    public void counts(long quadword) {
        counters.add(quadword);
    }

    /** Words taken for counters, ascending. */
    Set<Long> countedWords() {
        return counters.quadwords();
    }

    void write(DataOutput out) throws IOException {
        live.write(out);
        compared.write(out);
        comparedWhileUnused.write(out);
        counters.write(out);
        declaredReads.write(out);
    }

    static Lessons read(DataInput in) throws IOException {
        return new Lessons(
                QuadwordSet.read(in),
                QuadwordSet.read(in),
                QuadwordSet.read(in),
                QuadwordSet.read(in),
                QuadwordSet.read(in));
    }
}
