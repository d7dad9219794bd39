package io.github.nmi64.explore;

import io.github.nmi64.run.StateIdentity;
import io.github.nmi64.state.InterruptState;
import java.util.Arrays;

/**
 * Some boundaries of a path, run through before anybody asks whether their states are known: the questions then wait for
 * memory together instead of one after the other. Steps made beyond a state that turns out to be known are in vain.
 *
 * <p>Not every state is kept among the visited ones, only those where an event may arrive, the first of a path, and of the
 * others some that their RIP picks out, so that paths which meet agree on where to ask. A path that meets another where nothing
 * is kept goes along with it to the next such place.
 */
final class Lookahead {
    /** The most states asked for at once. */
    static final int LONGEST = 4;
    /** One in so many values of RIP is kept. */
    private static final int SPARSITY_BITS = 4;
    /** Boundaries after which a state is kept wherever it is: no loop may run past all places that are. */
    private static final int LONGEST_GAP = 64;

    private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

    private final Walker walker;
    private final StateIdentity identity;
    private final InterruptState interrupts;
    private final boolean[] held;

    /** Low and high half of the fingerprint of each state and behind it of those that its arrivals lead to. */
    private final long[] prints;
    /** Index of each state in {@link #prints}. */
    private final int[] starts = new int[LONGEST];
    /** Boundaries before each state. */
    private final int[] offsets = new int[LONGEST];
    /** The kinds of event that may arrive at each of the states, as bits. */
    private final int[] arrivals = new int[LONGEST];

    /** Boundaries since the last state that was kept. */
    private int gap;

    private int length;
    private int kept;
    private int printed;
    private boolean hasEnded;
    private boolean hasOpened;

    Lookahead(Walker walker) {
        this.walker = walker;
        this.identity = walker.identity();
        this.interrupts = walker.machine().state().interrupts;
        this.held = new boolean[walker.choices()];
        this.prints = new long[2 * LONGEST * (1 + walker.choices())];
    }

    /** A path begins. */
    void begin() {
        Arrays.fill(held, false);
        gap = LONGEST_GAP;
    }

    /**
     * Takes in the boundary where the machine is and those that follow, until something happens.
     *
     * @param most the most states to keep, from 1 to {@link #LONGEST}
     */
    void run(int most) {
        length = 0;
        kept = 0;
        printed = 0;
        do {
            takeIn();
            length++;
            hasEnded = !walker.step();
        } while (!hasEnded && kept < most && !walker.mustStop());
    }

    /** Number of boundaries taken in. */
    int length() {
        return length;
    }

    /** Number of states to be kept among them. */
    int kept() {
        return kept;
    }

    /** Boundaries taken in before a state. */
    int offset(int state) {
        return offsets[state];
    }

    /** True if the guest has ended behind the last boundary. */
    boolean hasEnded() {
        return hasEnded;
    }

    /** True if the window was open at a boundary. */
    boolean hasOpened() {
        return hasOpened;
    }

    /** Has the slots of all states read in advance; those of their arrivals are beside them. */
    void prefetch(VisitedStates.Visitor visitor) {
        visitor.prefetch(prints, starts, kept);
    }

    /** Visits a state, with the answer of {@link VisitedStates.Visitor#claim}. */
    int claim(VisitedStates.Visitor visitor, int state, int owner) {
        int at = starts[state];
        return visitor.claim(prints[at], prints[at + 1], owner);
    }

    /** The kinds of event, as bits, that may arrive at a state. */
    int arrivals(int state) {
        return arrivals[state];
    }

    /** The kinds of event, as bits, whose arrival at a state leads to one nobody has visited. */
    int newArrivals(VisitedStates.Visitor visitor, int state) {
        int news = 0;
        int at = starts[state];
        for (int left = arrivals[state]; left != 0; left &= left - 1) {
            at += 2;
            if (!visitor.contains(prints[at], prints[at + 1])) {
                news |= Integer.lowestOneBit(left);
            }
        }
        return news;
    }

    private void takeIn() {
        int kinds = offered();
        if (kinds == 0 && gap < LONGEST_GAP && !isPickedOut()) {
            gap++;
            return;
        }
        gap = 0;
        starts[kept] = printed;
        offsets[kept] = length;
        identity.take();
        print(interrupts.bits());
        for (int left = kinds; left != 0; left &= left - 1) {
            printAfter(walker.choice(Integer.numberOfTrailingZeros(left)));
        }
        arrivals[kept++] = kinds;
    }

    /** The kinds of event, as bits, that may arrive where the machine is. */
    private int offered() {
        int kinds = 0;
        boolean open = walker.monitor().isOpen();
        hasOpened |= open;
        for (int kind = 0; kind < held.length; kind++) {
            EventChoice choice = walker.choice(kind);
            boolean isHeld = open && choice.isHeld() && choice.isAdmitted();
            boolean repeats = isHeld && held[kind];
            held[kind] = isHeld;
            if (open && !repeats && choice.isPossible()) {
                kinds |= 1 << kind;
            }
        }
        return kinds;
    }

    /** A matter of the state alone, so that another path that comes here keeps it as well. */
    private boolean isPickedOut() {
        return walker.machine().state().rip * GOLDEN >>> Long.SIZE - SPARSITY_BITS == 0;
    }

    /** The fingerprint of the state that the event leads to. */
    private void printAfter(EventChoice choice) {
        if (choice.changesRequests()) {
            choice.raise();
            identity.take();
            print(interrupts.bits());
            choice.withdrawRequest();
            identity.take(); // of the state itself again, for the kinds to come
        } else {
            print(choice.after(interrupts.bits()));
        }
    }

    private void print(long eventBits) {
        prints[printed++] = identity.low(eventBits);
        prints[printed++] = identity.high(eventBits);
    }
}
