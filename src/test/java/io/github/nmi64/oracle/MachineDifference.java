package io.github.nmi64.oracle;

import java.util.List;

/**
 * The first place where two runs differ.
 *
 * @param before the lines of nmi64 before it, the latest last
 * @param fields the facts that differ, see {@link MachineLine#differences}
 */
public record MachineDifference(
        MachineImage image, List<MachineLine> before, MachineLine ours, MachineLine theirs, List<String> fields) {
    /** The latest line of nmi64 that is an instruction and equal on both sides, {@code back} 0 for the last. */
    public MachineLine.Executed executed(int back) {
        int left = back;
        for (int i = before.size() - 1; i >= 0; i--) {
            if (before.get(i) instanceof MachineLine.Executed line && left-- == 0) {
                return line;
            }
        }
        throw new IllegalStateException("no instruction that far back");
    }

    /** True if nothing but these facts differs. */
    public boolean only(String... facts) {
        return List.of(facts).containsAll(fields);
    }

    /** For a person: some lines of context, then both lines. */
    public String text(String oracle) {
        StringBuilder text = new StringBuilder();
        for (MachineLine line : before) {
            text.append("  both     ").append(line).append('\n');
        }
        text.append("  nmi64    ").append(ours).append('\n');
        text.append("  ").append("%-8s ".formatted(oracle)).append(theirs).append('\n');
        return text.append("  differ in ").append(fields).append('\n').toString();
    }
}
