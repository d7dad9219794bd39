package io.github.nmi64.explore;

import io.github.nmi64.run.StateIdentity;
import io.github.nmi64.state.InterruptState;
import java.util.Arrays;

/**
 * Some boundaries of a path, run through before anybody asks whether their states are known: the questions then wait for
 * memory together instead of one after the other. Steps made beyond a state that turns out to be known are in vain.
 */
final class Lookahead {
    /** The most boundaries. */
    static final int LONGEST = 4;

    private final Walker walker;
    private final StateIdentity identity;
    private final InterruptState interrupts;
    private final boolean[] held;

    /** Low and high half of the fingerprint of each state and behind it of those that its arrivals lead to. */
    private final long[] prints;
    /** Index of each boundary's state in {@link #prints}. */
    private final int[] starts = new int[LONGEST];
    /** The kinds of event that may arrive at each boundary, as bits. */
    private final int[] arrivals = new int[LONGEST];

    private int length;
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
    }

    /**
     * Takes in the boundary where the machine is and those that follow, until something happens.
     *
     * @param most the most boundaries, from 1 to {@link #LONGEST}
     */
    void run(int most) {
        length = 0;
        printed = 0;
        do {
            takeIn();
            hasEnded = !walker.step();
        } while (!hasEnded && length < most && !walker.mustStop());
    }

    /** Number of boundaries taken in. */
    int length() {
        return length;
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
        visitor.prefetch(prints, starts, length);
    }

    /** Visits the state of a boundary, with the answer of {@link VisitedStates.Visitor#claim}. */
    int claim(VisitedStates.Visitor visitor, int boundary, int owner) {
        int at = starts[boundary];
        return visitor.claim(prints[at], prints[at + 1], owner);
    }

    /** The kinds of event, as bits, that may arrive at a boundary. */
    int arrivals(int boundary) {
        return arrivals[boundary];
    }

    /** The kinds of event, as bits, whose arrival at a boundary leads to a state nobody has visited. */
    int newArrivals(VisitedStates.Visitor visitor, int boundary) {
        int news = 0;
        int at = starts[boundary];
        for (int left = arrivals[boundary]; left != 0; left &= left - 1) {
            at += 2;
            if (!visitor.contains(prints[at], prints[at + 1])) {
                news |= Integer.lowestOneBit(left);
            }
        }
        return news;
    }

    private void takeIn() {
        starts[length] = printed;
        identity.take();
        print(interrupts.bits());
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
                printAfter(choice);
            }
        }
        arrivals[length++] = kinds;
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
