package io.github.nmi64.schedule;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What arrives: an asynchronous event and the vector it is delivered through.
 *
 * @param event the kind of event
 * @param vector 2 for an NMI, 18 for a machine check, 1 for a debug exception, 3 for a breakpoint, 13 for a failing IRET,
 *     16 to 255 for an external interrupt (SDM vol. 3, 6.3.1 and table 6-1)
 */
public record InjectedEvent(Kind event, int vector) {

    /** The kinds of event that can be injected. */
    public enum Kind {
        /** A non-maskable interrupt: a rising edge of the NMI line. */
        NMI,
        /** A machine check. */
        MCE,
        /** A debug exception, as a data breakpoint would raise it. */
        DB,
        /** An external interrupt, held back while RFLAGS.IF is 0. */
        INTR,
        /** A breakpoint exception before the next instruction, as a probe planted there would raise it. */
        INT3,
        /** Makes the next IRET fault with #GP(0), as if its frame no longer named valid segments. */
        IRET_FAULT
    }

    /** {@code nmi}. */
    public static final InjectedEvent NMI = new InjectedEvent(Kind.NMI, 2);

    /** {@code mce}. */
    public static final InjectedEvent MCE = new InjectedEvent(Kind.MCE, 18);

    /** {@code db}. */
    public static final InjectedEvent DB = new InjectedEvent(Kind.DB, 1);

    /** {@code int3}. */
    public static final InjectedEvent INT3 = new InjectedEvent(Kind.INT3, 3);

    /** {@code iret-fault}. */
    public static final InjectedEvent IRET_FAULT = new InjectedEvent(Kind.IRET_FAULT, 13);

    /** The lowest vector an external interrupt may use; an APIC refuses 0 to 15 (SDM vol. 3, 10.5.2). */
    public static final int LOWEST_INTR_VECTOR = 16;

    /** The highest vector there is. */
    public static final int HIGHEST_INTR_VECTOR = 255;

    /**
     * Checks that the vector belongs to the event.
     *
     * @throws IllegalArgumentException if it does not
     */
    public InjectedEvent {
        boolean possible =
                switch (event) {
                    case NMI -> vector == 2;
                    case MCE -> vector == 18;
                    case DB -> vector == 1;
                    case INT3 -> vector == 3;
                    case IRET_FAULT -> vector == 13;
                    case INTR -> vector >= LOWEST_INTR_VECTOR && vector <= HIGHEST_INTR_VECTOR;
                };
        if (!possible) {
            throw new IllegalArgumentException(event + " cannot arrive through vector " + vector);
        }
    }

    /**
     * {@code intr:VECTOR}.
     *
     * @throws IllegalArgumentException if the vector is not from 16 to 255
     */
    public static InjectedEvent intr(int vector) {
        return new InjectedEvent(Kind.INTR, vector);
    }

    /**
     * Reads {@code nmi}, {@code mce}, {@code db}, {@code int3}, {@code iret-fault} or {@code intr:VECTOR} (decimal or
     * {@code 0x}).
     *
     * @throws ScheduleSyntaxException if the text is anything else
     */
    public static InjectedEvent parse(String text) {
        return new InjectionSyntax(text).kind();
    }

    /**
     * Reads kinds separated by commas.
     *
     * @throws ScheduleSyntaxException if one of them is no kind
     */
    public static List<InjectedEvent> parseList(String text) {
        return Stream.of(text.split(",", -1))
                .map(InjectedEvent::parse)
                .distinct()
                .toList();
    }

    /** The canonical text, which {@link #parse} reads back: {@code nmi}, {@code intr:32}. */
    public String text() {
        String name = event.name().toLowerCase(Locale.ROOT).replace('_', '-');
        return event == Kind.INTR ? name + ":" + vector : name;
    }
}
