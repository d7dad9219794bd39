package io.github.nmi64.monitor;

/**
 * Everything a program could notice of the machine it runs on, in two words: all registers, all memory but what the entry
 * owns, everything sent to devices. Taken where a program is interrupted and again where it goes on.
 */
public interface Footprint {
    /** Sees nothing; for a monitor that watches registers alone. */
    Footprint NONE = new Footprint() {
        @Override
        public void take(Occupied occupied, boolean withDebugStatus) {}

        @Override
        public long low() {
            return 0;
        }

        @Override
        public long high() {
            return 0;
        }

        @Override
        public void keep() {}

        @Override
        public void programRuns(boolean runs) {}

        @Override
        public void returned() {}

        @Override
        public boolean isExcused() {
            return false;
        }

        @Override
        public String difference() {
            return "";
        }

        @Override
        public String foreignRead() {
            return "";
        }
    };

    /**
     * Takes it of the machine as it is now.
     *
     * @param occupied what of the stacks the program still needs
     * @param withDebugStatus whether DR6 counts: only for who handles a debug exception
     */
    void take(Occupied occupied, boolean withDebugStatus);

    /** Low half of what was taken last. */
    long low();

    /** High half. */
    long high();

    /** Keeps the machine as it is, if differences are to be told: the program may be interrupted now. */
    void keep();

    /** Whether the program itself runs from now on, so that its reads of what was not compared are noted. */
    void programRuns(boolean runs);

    /** The program goes on: what was left out of the footprint taken last has not been compared. */
    void returned();

    /**
     * True if all that differs from the machine that was kept turns out to be no business of the program: from now on it is
     * left out. False if nothing was kept.
     */
    boolean isExcused();

    /** What differs from the machine that was kept, in words; empty if nothing was kept. */
    String difference();

    /**
     * The program has just read memory that was not compared when it went on and that is not what it was when it was
     * interrupted: what and where, in words; empty if it has not, or nothing was kept.
     */
    String foreignRead();
}
