package io.github.nmi64.oracle;

/**
 * How much is compared with the host CPU. The defaults are those of every build; a longer run is asked for on Maven's
 * command line: {@code -Dnmi64.rounds=100 -Dnmi64.seed=7}.
 */
public final class Effort {
    private Effort() {}

    /** How often each comparison is repeated with new cases; 1 unless {@code nmi64.rounds} says otherwise. */
    public static int rounds() {
        return Integer.getInteger("nmi64.rounds", 1);
    }

    /** The seed of one round of a comparison that has its own {@code base}; {@code nmi64.seed} changes all of them. */
    public static long seed(long base, int round) {
        return base + 1_000_003L * round + 0x9e37_79b9_7f4a_7c15L * Long.getLong("nmi64.seed", 0);
    }

    /** {@code -Dnmi64.strict=true}: a difference from an oracle that nobody has judged yet is a failure too. */
    static boolean strict() {
        return Boolean.getBoolean("nmi64.strict");
    }

    /** Tells in the log of a build how many cases were compared, so that a long run can be quoted. */
    public static void tell(Class<?> comparison, long cases) {
        System.out.printf(
                "%s: %d cases compared with the host CPU, rounds %d, seed %d%n",
                comparison.getSimpleName(), cases, rounds(), Long.getLong("nmi64.seed", 0));
    }
}
