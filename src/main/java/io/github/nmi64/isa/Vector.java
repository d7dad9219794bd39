package io.github.nmi64.isa;

import java.util.List;

/**
 * The architectural vectors (SDM vol. 3, table 6-1) and the two facts delivery needs of each: whether an exception with
 * this vector pushes an error code (TP-106) and its class for the double-fault rules (TP-125, table 6-4).
 */
public final class Vector {
    public static final int DE = 0;
    public static final int DB = 1;
    public static final int NMI = 2;
    public static final int BP = 3;
    public static final int OF = 4;
    public static final int BR = 5;
    public static final int UD = 6;
    public static final int NM = 7;
    public static final int DF = 8;
    public static final int TS = 10;
    public static final int NP = 11;
    public static final int SS = 12;
    public static final int GP = 13;
    public static final int PF = 14;
    public static final int MF = 16;
    public static final int AC = 17;
    public static final int MC = 18;
    /** Lowest vector that external interrupts may use. */
    public static final int FIRST_EXTERNAL = 16;

    private static final List<String> NAMES = List.of(
            "#DE",
            "#DB",
            "NMI",
            "#BP",
            "#OF",
            "#BR",
            "#UD",
            "#NM",
            "#DF",
            "vector 9",
            "#TS",
            "#NP",
            "#SS",
            "#GP",
            "#PF",
            "vector 15",
            "#MF",
            "#AC",
            "#MC",
            "#XM",
            "#VE",
            "#CP");

    private static final int WITH_ERROR_CODE =
            1 << DF | 1 << TS | 1 << NP | 1 << SS | 1 << GP | 1 << PF | 1 << AC | 1 << 21;
    private static final int CONTRIBUTORY = 1 << DE | 1 << TS | 1 << NP | 1 << SS | 1 << GP | 1 << 21;

    private Vector() {}

    /** True if a hardware exception with this vector pushes an error code. */
    public static boolean pushesErrorCode(int vector) {
        return vector < 32 && (WITH_ERROR_CODE >>> vector & 1) != 0;
    }

    /** True if the exception is contributory for the double-fault table. */
    public static boolean contributory(int vector) {
        return vector < 32 && (CONTRIBUTORY >>> vector & 1) != 0;
    }

    /** Name as the manual writes it ("#PF", "NMI"), or "vector N". */
    public static String name(int vector) {
        return vector < NAMES.size() ? NAMES.get(vector) : "vector " + vector;
    }
}
