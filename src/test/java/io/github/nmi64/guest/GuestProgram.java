package io.github.nmi64.guest;

import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.machine.BootImage;
import io.github.nmi64.timing.CostModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A guest for tests: a small kernel whose tables Java code fills in, so that the listings given here are all the guest
 * executes. {@link #boot} makes the machine.
 *
 * <p>Memory is mapped one to one. Every vector has a gate (interrupt gate, DPL 0, IST 0 but for NMI: 1, #DF: 2, #MC: 3)
 * and a handler that returns at once; see {@link #handlerName} for the labels.
 */
public final class GuestProgram {
    /** Where the kernel's listing begins, at CPL 0. */
    public static final long KERNEL = 0x20_0000;
    /** Where the user's listing begins, at CPL 3. */
    public static final long USER = 0x30_0000;
    /** Data the kernel alone may touch; zero. */
    public static final long DATA = 0x40_0000;
    /** Data that user code may touch; zero. */
    public static final long USER_DATA = 0x38_0000;
    /** RSP of the kernel's listing. */
    public static final long KERNEL_STACK = 0x50_0000;
    /** RSP0 of the TSS. */
    public static final long RSP0 = 0x52_0000;
    /** RSP of the user's listing. */
    public static final long USER_STACK = 0x37_0000;

    public static final int KERNEL_CODE = 0x08;
    public static final int KERNEL_DATA = 0x10;
    /** 32-bit user code; SYSRET's selectors are this, plus 8 and plus 16. */
    public static final int USER_CODE32 = 0x1b;

    public static final int USER_STACK_SEGMENT = 0x23;
    public static final int USER_CODE = 0x2b;
    /** Code at DPL 0 for compatibility mode. */
    public static final int KERNEL_CODE32 = 0x30;
    /** Selector of the TSS, 16 bytes. */
    public static final int TASK = 0x40;
    /** First free place of the GDT, for descriptors of a test's own. */
    public static final int FREE_SELECTOR = 0x50;

    public static final long GDT = 0x10_0000;
    static final long IDT = 0x10_1000;
    public static final long TSS = 0x10_2000;
    static final int TSS_LIMIT = 0x67;
    private static final long HANDLERS = 0x18_0000;
    private static final long HANDLER_SIZE = 0x100;
    private static final long USER_AREA_END = 0x3a_0000;

    private static final String RETURN = "48 cf ; iretq";
    private static final String RETURN_PAST_ERROR_CODE = """
            48 83 c4 08 ; add $0x8,%rsp
            48 cf ; iretq
            """;

    private final List<Listing> listings = new ArrayList<>();
    private final Map<Integer, String> handlers = new LinkedHashMap<>();
    private final long[][] gates = new long[256][];
    private Rules rules = Rules.INTEL;
    private CostModel costs = CostModel.UNIT;
    private long cr4;

    private GuestProgram() {
        for (int vector = 0; vector < 256; vector++) {
            handlers.put(vector, Vector.pushesErrorCode(vector) ? RETURN_PAST_ERROR_CODE : RETURN);
            interruptGate(vector, 0);
        }
        interruptGate(Vector.NMI, 1);
        interruptGate(Vector.DF, 2);
        interruptGate(Vector.MC, 3);
    }

    /** A guest that begins with this listing at {@link #KERNEL} and CPL 0. */
    public static GuestProgram kernel(String listing) {
        return new GuestProgram().at(KERNEL, CodeMode.LONG64, listing);
    }

    /** Adds a listing at {@link #USER}; {@link TestMachine#enterUser} goes there. */
    public GuestProgram user(String listing) {
        return at(USER, CodeMode.LONG64, listing);
    }

    /** Adds a listing anywhere else in the low RAM. */
    public GuestProgram at(long address, CodeMode mode, String listing) {
        listings.add(new Listing(address, mode, listing));
        return this;
    }

    /** Replaces the handler of a vector; a label with its {@link #handlerName} stands at its beginning. */
    public GuestProgram handler(int vector, String listing) {
        handlers.put(vector, listing);
        return this;
    }

    /** The gate becomes an interrupt gate with this IST index, 0 for none. */
    public GuestProgram interruptGate(int vector, int ist) {
        return gate(vector, 0x8e00, ist);
    }

    /** The gate becomes a trap gate, which leaves IF alone. */
    public GuestProgram trapGate(int vector, int ist) {
        return gate(vector, 0x8f00, ist);
    }

    /** The gate lets user code in with INT n. */
    public GuestProgram userGate(int vector) {
        return gate(vector, 0xee00, 0);
    }

    private GuestProgram gate(int vector, int rights, int ist) {
        return rawGate(vector, gateLow(handlerAddress(vector), KERNEL_CODE, rights | ist), 0);
    }

    /** The two quadwords of the gate, whatever they are. */
    public GuestProgram rawGate(int vector, long low, long high) {
        gates[vector] = new long[] {low, high};
        return this;
    }

    /**
     * First quadword of a gate.
     *
     * @param handler address below 4 GiB
     * @param rights bytes 4 and 5: IST index below type, DPL and present bit (0x8e00 for a present interrupt gate)
     */
    public static long gateLow(long handler, int selector, int rights) {
        return handler & 0xffff | (long) selector << 16 | (long) rights << 32 | (handler & 0xffff_0000L) << 32;
    }

    /** The processor's rules; {@link Rules#INTEL} if this is not called. */
    public GuestProgram rules(Rules rules) {
        this.rules = rules;
        return this;
    }

    /** How long things take; one cycle each if this is not called. */
    public GuestProgram costs(CostModel costs) {
        this.costs = costs;
        return this;
    }

    /** Sets bits of CR4 besides PAE. */
    public GuestProgram cr4(long bits) {
        cr4 |= bits;
        return this;
    }

    /** Where a vector's handler begins. */
    public static long handlerAddress(int vector) {
        return HANDLERS + HANDLER_SIZE * vector;
    }

    /** Label of a handler's first instruction: {@code nmi_handler}, {@code gp_handler}, {@code int_0x30_handler}. */
    public static String handlerName(int vector) {
        String name = Vector.name(vector).replace("#", "").toLowerCase(Locale.ROOT);
        return (name.contains(" ") ? "int_0x" + Integer.toHexString(vector) : name) + "_handler";
    }

    /** Top of the stack with this IST index. */
    public static long istTop(int ist) {
        return 0x60_0000 + 0x1_0000L * ist;
    }

    /** A machine about to execute the kernel's first instruction. */
    public TestMachine boot() {
        BootImage image = new BootImage(KERNEL).cr4(cr4).stackTop(KERNEL_STACK).user(USER, USER_AREA_END);
        Map<String, Long> labels = new LinkedHashMap<>();
        for (Listing listing : listings) {
            image.segment(listing.address(), listing.bytes(), 0);
            labels.putAll(listing.labels());
        }
        handlers.forEach((vector, text) -> {
            Listing listing = new Listing(handlerAddress(vector), CodeMode.LONG64, text);
            image.segment(listing.address(), listing.bytes(), 0);
            labels.put(handlerName(vector), listing.address());
            labels.putAll(listing.labels());
        });
        return new TestMachine(image, rules, costs, gates, labels);
    }
}
