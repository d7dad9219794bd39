package io.github.nmi64.core;

import io.github.nmi64.isa.Vendor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The choices where processors differ or the manual leaves one open, and whether time passes; docs/rules.md has the rule
 * behind each. Printed with every result, never a hidden constant.
 *
 * @param vendor whose rule applies where Intel and AMD differ; docs/machine.md lists what that covers
 * @param unblockAtIretStart true: an IRET unblocks NMIs when it begins, so also one that faults (TP-010); false: only when
 *     it succeeds
 * @param stiShadowHoldsNmi whether the boundary after STI holds an NMI back (TP-068)
 * @param movSsChains true: every MOV SS of a sequence casts a shadow; false: only the first (TP-060)
 * @param istKeepsSs true: a stack switch through an IST without change of CPL leaves SS alone; false: loads null (TP-104)
 * @param tscStopped whether the time-stamp counter stands still at what was written to it last, 0 at reset (TP-198)
 */
public record Rules(
        Vendor vendor,
        boolean unblockAtIretStart,
        boolean stiShadowHoldsNmi,
        boolean movSsChains,
        boolean istKeepsSs,
        boolean tscStopped) {
    /** The Intel manual's rules. */
    public static final Rules INTEL = new Rules(Vendor.INTEL, true, true, false, true, false);
    /** The rules of AMD's manual, and where it is silent those measured on its processors. */
    public static final Rules AMD = new Rules(Vendor.AMD, true, true, true, true, false);

    private static final String STOPPED = "stopped";

    /** One rule as it is named on the command line, in fixtures and in results. */
    private enum Name {
        VENDOR("vendor", "intel, amd"),
        UNBLOCK("unblock-at-iret-start", "true, false"),
        STI("sti-shadow-holds-nmi", "true, false"),
        CHAINS("mov-ss-chains", "true, false"),
        IST("ist-keeps-ss", "true, false"),
        TSC("tsc", "runs, stopped");

        private final String keyword;
        private final String values;

        Name(String keyword, String values) {
            this.keyword = keyword;
            this.values = values;
        }
    }

    /** All rules by name, in a fixed order, with their values as text. */
    public Map<String, String> byName() {
        Map<String, String> rules = new LinkedHashMap<>();
        rules.put(Name.VENDOR.keyword, vendor.keyword());
        rules.put(Name.UNBLOCK.keyword, Boolean.toString(unblockAtIretStart));
        rules.put(Name.STI.keyword, Boolean.toString(stiShadowHoldsNmi));
        rules.put(Name.CHAINS.keyword, Boolean.toString(movSsChains));
        rules.put(Name.IST.keyword, Boolean.toString(istKeepsSs));
        rules.put(Name.TSC.keyword, tscStopped ? STOPPED : "runs");
        return rules;
    }

    /**
     * These rules with others named instead. The vendor is taken first, since it sets what is habit with that vendor
     * ({@code mov-ss-chains}) unless that is named as well.
     *
     * @throws IllegalArgumentException as {@link #with(String, String)}
     */
    public Rules with(Map<String, String> named) {
        Rules rules = this;
        String vendorName = named.get(Name.VENDOR.keyword);
        if (vendorName != null) {
            rules = rules.with(Name.VENDOR.keyword, vendorName);
        }
        for (Map.Entry<String, String> rule : named.entrySet()) {
            if (!rule.getKey().equals(Name.VENDOR.keyword)) {
                rules = rules.with(rule.getKey(), rule.getValue());
            }
        }
        return rules;
    }

    /**
     * These rules with one of them changed; a change of the vendor changes what is habit with that vendor too.
     *
     * @throws IllegalArgumentException if there is no such rule or value; the message lists what there is
     */
    public Rules with(String keyword, String value) {
        for (Name name : Name.values()) {
            if (name.keyword.equals(keyword)) {
                if (!List.of(name.values.split(", ", -1)).contains(value)) {
                    throw new IllegalArgumentException(
                            "rule " + keyword + ": expected one of " + name.values + ", found '" + value + "'");
                }
                return with(name, value);
            }
        }
        throw new IllegalArgumentException("unknown rule '" + keyword + "'; expected one of: "
                + Stream.of(Name.values()).map(name -> name.keyword).collect(Collectors.joining(", ")));
    }

    private Rules with(Name name, String value) {
        boolean on = value.equals("true");
        return switch (name) {
            case VENDOR ->
                value.equals(vendor.keyword())
                        ? this
                        : new Rules(
                                Vendor.valueOf(value.toUpperCase(Locale.ROOT)),
                                unblockAtIretStart,
                                stiShadowHoldsNmi,
                                value.equals(Vendor.AMD.keyword()),
                                istKeepsSs,
                                tscStopped);
            case UNBLOCK -> new Rules(vendor, on, stiShadowHoldsNmi, movSsChains, istKeepsSs, tscStopped);
            case STI -> new Rules(vendor, unblockAtIretStart, on, movSsChains, istKeepsSs, tscStopped);
            case CHAINS -> new Rules(vendor, unblockAtIretStart, stiShadowHoldsNmi, on, istKeepsSs, tscStopped);
            case IST -> new Rules(vendor, unblockAtIretStart, stiShadowHoldsNmi, movSsChains, on, tscStopped);
            case TSC ->
                new Rules(
                        vendor, unblockAtIretStart, stiShadowHoldsNmi, movSsChains, istKeepsSs, value.equals(STOPPED));
        };
    }

    /** True if AMD's rule applies where vendors differ. */
    public boolean amd() {
        return vendor == Vendor.AMD;
    }
}
