package io.github.nmi64.schedule;

import io.github.nmi64.bits.Hex;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * When an event arrives. All counts are 1-based where they count occurrences ({@code hit}) and 0-based where they
 * measure progress (cycles, retired instructions). The constructors throw {@link IllegalArgumentException} for values
 * outside the ranges they state; {@link #parse} turns the same mistakes into a {@link ScheduleSyntaxException}.
 */
public sealed interface When {

    /**
     * The canonical text, with every default spelled out; {@link #parse} reads it back to an equal value.
     *
     * @return for example {@code at=do_nmi+0x10,hit=1}
     */
    String text();

    /**
     * Reads one of {@code cycle=N}, {@code step=N}, {@code at=SYMBOL[+OFF][,hit=K]}, {@code at=0xADDRESS[,hit=K]},
     * {@code after=MNEMONIC[,hit=K]}, {@code every=N[,from=M]}, {@code random=SEED,count=N}. Those that measure progress
     * take {@code from=reset} too, {@code every} also {@code from=reset+M}. Numbers are decimal or {@code 0x}.
     *
     * @throws ScheduleSyntaxException if the text is anything else
     */
    static When parse(String text) {
        return new InjectionSyntax(text).when();
    }

    /** Where cycles and retired instructions are counted from. */
    enum Origin {
        /** The first boundary of the window in which events may arrive; the reset if the image names none. */
        WINDOW,
        /** The reset. */
        RESET;

        private String option() {
            return this == RESET ? ",from=reset" : "";
        }
    }

    /**
     * {@code cycle=N[,from=reset]}: as soon as the clock has reached a cycle.
     *
     * @param cycle from 0
     */
    record AtCycle(long cycle, Origin origin) implements When {
        public AtCycle {
            require(cycle >= 0, "a cycle is 0 or more");
        }

        /** Counted from the window. */
        public AtCycle(long cycle) {
            this(cycle, Origin.WINDOW);
        }

        @Override
        public String text() {
            return "cycle=" + cycle + origin.option();
        }
    }

    /**
     * {@code step=N[,from=reset]}: when this many instructions have retired.
     *
     * @param step from 0, which is before the first instruction
     */
    record AtStep(long step, Origin origin) implements When {
        public AtStep {
            require(step >= 0, "a number of retired instructions is 0 or more");
        }

        /** Counted from the window. */
        public AtStep(long step) {
            this(step, Origin.WINDOW);
        }

        @Override
        public String text() {
            return "step=" + step + origin.option();
        }
    }

    /**
     * {@code at=SYMBOL+OFF,hit=K}: at the boundary before the instruction there, the K-th time it is reached.
     *
     * @param symbol a name of the image's symbol table
     * @param offset bytes after the symbol, from 0
     * @param hit from 1
     */
    record AtSymbol(String symbol, long offset, long hit) implements When {
        private static final Pattern NAME = Pattern.compile("[A-Za-z_.$][A-Za-z0-9_.$]*");

        public AtSymbol {
            require(isName(symbol), "a symbol is made of letters, digits, '_', '.' and '$'");
            require(offset >= 0, "an offset is 0 or more");
            require(hit >= 1, "hits count from 1");
        }

        /** Whether a text can be the name of a symbol here. */
        static boolean isName(String text) {
            return NAME.matcher(text).matches();
        }

        @Override
        public String text() {
            return "at=" + symbol + (offset == 0 ? "" : "+" + Hex.of(offset)) + ",hit=" + hit;
        }
    }

    /**
     * {@code at=0xADDRESS,hit=K}: like {@link AtSymbol}, for an image without a name for the place.
     *
     * @param address a canonical linear address (SDM vol. 1, 3.3.7.1)
     * @param hit from 1
     */
    record AtAddress(long address, long hit) implements When {
        public AtAddress {
            require(isCanonical(address), "an address is canonical: bits 63 to 47 are equal");
            require(hit >= 1, "hits count from 1");
        }

        /** Whether bits 63 to 47 of an address are equal. */
        static boolean isCanonical(long address) {
            return address << 16 >> 16 == address;
        }

        @Override
        public String text() {
            return "at=" + Hex.of(address) + ",hit=" + hit;
        }
    }

    /**
     * {@code after=MNEMONIC,hit=K}: at the boundary after the K-th retirement of such an instruction.
     *
     * @param mnemonic lower-case letters and digits, as the disassembler prints it
     * @param hit from 1
     */
    record After(String mnemonic, long hit) implements When {
        private static final Pattern MNEMONIC = Pattern.compile("[a-z][a-z0-9]*");

        public After {
            require(isMnemonic(mnemonic), "a mnemonic is made of lower-case letters and digits");
            require(hit >= 1, "hits count from 1");
        }

        /** Whether a text can be a mnemonic. */
        static boolean isMnemonic(String text) {
            return MNEMONIC.matcher(text).matches();
        }

        @Override
        public String text() {
            return "after=" + mnemonic + ",hit=" + hit;
        }
    }

    /**
     * {@code every=N,from=[reset+]M}: at cycle M and every N cycles from there on. Without {@code from} the first
     * arrival is at cycle N.
     *
     * @param period cycles between two arrivals, from 1
     * @param from the cycle of the first arrival, from 0
     */
    record Every(long period, long from, Origin origin) implements When {
        public Every {
            require(period >= 1, "a period is 1 cycle or more");
            require(from >= 0, "a cycle is 0 or more");
        }

        /** Counted from the window. */
        public Every(long period, long from) {
            this(period, from, Origin.WINDOW);
        }

        @Override
        public String text() {
            return "every=" + period + ",from=" + (origin == Origin.RESET ? "reset+" : "") + from;
        }
    }

    /**
     * {@code random=SEED,count=N[,from=reset]}: at N different places of the window, or of the run, drawn from a seed.
     *
     * <p>A place is a number of retired instructions from 0 up to but not including a <em>horizon</em>: the number of
     * instructions the image retires there when nothing at all is injected. That is the only bound every seed shares and
     * no rule of delivery changes, so a seed keeps its meaning when the rules vary. The generator is splitmix64, written
     * out in this package: the same seed gives the same places on every JDK.
     *
     * @param seed any 64-bit value
     * @param count from 1 to {@value #MOST}
     */
    record Seeded(long seed, int count, Origin origin) implements When {
        /** The largest count; beyond it a run is better described by {@link Every}. */
        public static final int MOST = 1_000_000;

        public Seeded {
            require(count >= 1 && count <= MOST, "a count is from 1 to " + MOST);
        }

        /** Counted from the window. */
        public Seeded(long seed, int count) {
            this(seed, count, Origin.WINDOW);
        }

        /**
         * The places: {@code count} different numbers of retired instructions, ascending. If the horizon has fewer
         * than {@code count} places, the numbers fill 0 to {@code count - 1}; those past the end then never fire.
         *
         * @param horizon the instructions retired without injections, from 0
         * @throws IllegalArgumentException if the horizon is negative
         */
        public long[] positions(long horizon) {
            require(horizon >= 0, "a horizon is 0 or more");
            long places = Math.max(horizon, count);
            var random = new SplitMix64(seed);
            var chosen = new TreeSet<Long>();
            // Floyd's sampling: each step adds exactly one new place, and every subset is equally likely.
            for (long last = places - count; last < places; last++) {
                if (!chosen.add(random.below(last + 1))) {
                    chosen.add(last);
                }
            }
            return chosen.stream().mapToLong(Long::longValue).toArray();
        }

        @Override
        public String text() {
            return "random=" + seed + ",count=" + count + origin.option();
        }
    }

    private static void require(boolean condition, String rule) {
        if (!condition) {
            throw new IllegalArgumentException(rule);
        }
    }
}
