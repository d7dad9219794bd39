package io.github.nmi64.timing;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A figure of a cost table that belongs to no mnemonic, in cycles. */
enum CostParameter {
    /** Added for each load. */
    LOAD,
    /** Added for each store. */
    STORE,
    /** Added for a locked access. */
    LOCK,
    /** Delivery of an event on the current stack. */
    DELIVERY,
    /** Added to a delivery that switches stacks. */
    STACK_SWITCH;

    /** The name in the table. */
    String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static List<String> texts() {
        return Arrays.stream(values()).map(CostParameter::text).toList();
    }
}
