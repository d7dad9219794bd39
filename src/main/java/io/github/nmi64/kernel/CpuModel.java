package io.github.nmi64.kernel;

import io.github.nmi64.bits.Printable;
import io.github.nmi64.bits.Suggestion;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The processor a kernel is booted on, as the kernel's code sees it: the set of its features, in the kernel's numbering. Or
 * {@code generic}: none, and the kernel is not booted.
 *
 * <p>{@code pti+fsgsbase} is a processor with these two and no others; {@code ibrs-smap} has all of the first name but the second. A
 * name is one that {@code /proc/cpuinfo} prints, or one of those in the documentation that it does not print.
 */
public final class CpuModel {
    /** Name of the processor nobody has booted the kernel on. */
    public static final String GENERIC = "generic";

    private static final String PLAIN = "plain";
    /** Set on every processor. */
    private static final String ALWAYS = "always";

    /** Names that stand for several features. */
    private static final Map<String, List<String>> GROUPS = new LinkedHashMap<>();

    static {
        GROUPS.put(PLAIN, List.of());
        // what "spectre_v2=ibrs" makes of a processor that has IBRS
        GROUPS.put("ibrs", List.of("ibrs", "kernel_ibrs"));
    }

    private final String text;
    private final boolean isBooted;
    private final BitSet features;

    private CpuModel(String text, boolean isBooted, BitSet features) {
        this.text = text;
        this.isBooted = isBooted;
        this.features = features;
    }

    /**
     * A model by its name.
     *
     * @param text {@code generic}, or names with {@code +} or {@code -} between them
     * @throws IllegalArgumentException if it is none, or the kernel does not know a feature; its message says which
     */
    public static CpuModel parse(String text, KernelImage kernel) {
        if (text.equals(GENERIC)) {
            return new CpuModel(text, false, new BitSet());
        }
        CpuFeatures known = kernel.features();
        BitSet features = new BitSet();
        known.number(ALWAYS).ifPresent(features::set);
        String rest = text.startsWith("+") || text.startsWith("-") ? text : "+" + text; // no name has either
        int at = 0;
        while (at < rest.length()) {
            boolean isThere = rest.charAt(at) == '+';
            int end = at + 1;
            while (end < rest.length() && rest.charAt(end) != '+' && rest.charAt(end) != '-') {
                end++;
            }
            String name = rest.substring(at + 1, end);
            for (String feature : GROUPS.getOrDefault(name, List.of(name))) {
                features.set(number(feature, text, kernel), isThere);
            }
            at = end;
        }
        return new CpuModel(text, true, features);
    }

    private static int number(String name, String text, KernelImage kernel) {
        if (name.equals(GENERIC)) {
            throw new IllegalArgumentException(
                    "processor '%s': 'generic' is the image as it is, 'plain' a processor to add to"
                            .formatted(Printable.of(text)));
        }
        OptionalInt number = kernel.features().number(name);
        if (number.isEmpty()) {
            List<String> words = new ArrayList<>(GROUPS.keySet());
            words.add(GENERIC);
            kernel.features().names().forEach(words::add);
            throw new IllegalArgumentException("processor '%s': the kernel knows no feature '%s'%s"
                    .formatted(Printable.of(text), Printable.of(name), Suggestion.near(name, words)));
        }
        return number.getAsInt();
    }

    /** What a booted kernel found, by its words of 32 features each. */
    static CpuModel of(String text, int[] words, OptionalInt more) {
        BitSet features = new BitSet();
        for (int number = 0; number < words.length * Integer.SIZE; number++) {
            features.set(number, (words[number / Integer.SIZE] >>> number % Integer.SIZE & 1) != 0);
        }
        more.ifPresent(features::set);
        return new CpuModel(text, true, features);
    }

    /** False for {@code generic}: the image as it is. */
    public boolean isBooted() {
        return isBooted;
    }

    /** True if the processor has a feature, by the kernel's number of it. */
    public boolean has(int feature) {
        return features.get(feature);
    }

    /** True if the processor has a feature, by its name; false if the kernel knows none of that name. */
    public boolean has(String feature, KernelImage kernel) {
        return kernel.features().number(feature).stream().anyMatch(features::get);
    }

    /** As it was given. */
    @Override
    public String toString() {
        return text;
    }
}
