package io.github.nmi64.isa;

import java.util.List;

/**
 * Segment registers in the order of the sreg field (SDM vol. 2, 2.1.5), followed by the two system segments so that all
 * eight can share arrays.
 */
public final class Segment {
    public static final int ES = 0;
    public static final int CS = 1;
    public static final int SS = 2;
    public static final int DS = 3;
    public static final int FS = 4;
    public static final int GS = 5;
    public static final int LDTR = 6;
    public static final int TR = 7;
    /** How many registers have a hidden part: six segments, LDTR and TR. */
    public static final int COUNT = 8;

    /** Names in index order. */
    public static final List<String> NAMES = List.of("es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr");

    private Segment() {}
}
