package io.github.nmi64.oracle;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.op.SingleInstruction;
import io.github.nmi64.oracle.HostProbes.Probe;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a host CPU does where the manuals leave a choice: measured before anything is compared with it, never concluded
 * from its name. Says in the end where it does otherwise than nmi64, and how often the comparisons met that.
 */
public final class HostHabits {
    /** Old processors ignore the prefix that makes these of BSF and BSR. */
    private static final Set<String> COUNTS = Set.of("tzcnt", "lzcnt");

    private static @Nullable HostHabits ofHost;

    private final Map<String, String> answers = new LinkedHashMap<>();
    private final List<String> others = new ArrayList<>();
    private final Set<String> absent = new TreeSet<>();
    private final Map<OpenPoint, Map<String, Integer>> met = new EnumMap<>(OpenPoint.class);
    private Vendor vendor = Vendor.INTEL;

    private HostHabits() {}

    /** Those of the CPU below us, measured when they are first asked for. */
    public static synchronized HostHabits ofHost() throws IOException, InterruptedException {
        if (ofHost == null) {
            try (CpuOracle oracle = CpuOracle.start()) {
                ofHost = measure(oracle);
            }
        }
        return ofHost;
    }

    /** What is to be told of the CPU below us at the end of a run; empty if it was never asked. */
    public static synchronized List<String> told() {
        return ofHost == null ? List.of() : ofHost.summary();
    }

    /** Asks a host all questions. */
    public static HostHabits measure(HostCpu host) throws IOException {
        HostHabits habits = new HostHabits();
        List<Probe> probes = HostProbes.all();
        List<CpuOutcome> outcomes = host.run(probes.stream().map(Probe::request).toList());
        for (int i = 0; i < probes.size(); i++) {
            habits.answers.put(probes.get(i).question(), probes.get(i).answer().apply(outcomes.get(i)));
        }
        habits.chooseVendor();
        SingleInstruction emulator = new SingleInstruction(habits.vendor);
        for (Probe probe : probes) {
            String own = probe.answer().apply(emulator.run(probe.request()));
            String answer = habits.answers.get(probe.question());
            if (!answer.equals(own)) {
                habits.others.add(probe.question() + ": host " + answer + ", nmi64 " + own);
            }
        }
        habits.findAbsent(host, emulator);
        habits.findUndefinedFlags(host, emulator);
        return habits;
    }

    /** By behaviour: whose rule the host follows where one rule of the emulator decides. */
    private void chooseVendor() {
        String offset = answers.getOrDefault(HostProbes.SEGMENT_OFFSET, "");
        boolean amd = offset.equals("not measured")
                ? !answers.getOrDefault(HostProbes.BRANCH_16, "").equals("is ignored")
                : offset.equals("#GP");
        vendor = amd ? Vendor.AMD : Vendor.INTEL;
    }

    private void findAbsent(HostCpu host, SingleInstruction emulator) throws IOException {
        for (Map.Entry<String, CpuCase> extension : HostProbes.extensions().entrySet()) {
            CpuOutcome own = emulator.run(extension.getValue());
            CpuOutcome theirs = host.run(extension.getValue());
            boolean undefined = theirs.vector == Vector.UD && own.vector != Vector.UD;
            boolean other = COUNTS.contains(extension.getKey()) && theirs.gpr[Gpr.RAX] != own.gpr[Gpr.RAX];
            if (undefined || other) {
                absent.add(extension.getKey());
            }
        }
        if (!absent.isEmpty()) {
            others.add("instructions the host does not have: " + String.join(" ", absent));
        }
    }

    private void findUndefinedFlags(HostCpu host, SingleInstruction emulator) throws IOException {
        List<String> differing = new ArrayList<>();
        for (Map.Entry<String, List<CpuCase>> entry :
                HostProbes.undefinedFlags().entrySet()) {
            List<CpuOutcome> outcomes = host.run(entry.getValue());
            long flags = 0;
            for (int i = 0; i < outcomes.size(); i++) {
                flags |= outcomes.get(i)
                        .differingFlags(emulator.run(entry.getValue().get(i)));
            }
            flags &= UndefinedFlags.of(entry.getKey());
            if (flags != 0 && !absent.contains(entry.getKey())) {
                differing.add(entry.getKey() + " " + String.join(" ", Comparison.flagNames(flags)));
            }
        }
        if (!differing.isEmpty()) {
            others.add("undefined flags other than nmi64's: " + String.join(", ", differing));
        }
    }

    /** True if the host does not know an instruction, or takes it for another. */
    public boolean lacks(String mnemonic) {
        return absent.contains(mnemonic);
    }

    /** 48 or 57. */
    int linearBits() {
        return Integer.parseInt(answers.get(HostProbes.WIDTH));
    }

    /** Whose rules the host was found to follow. */
    Vendor vendor() {
        return vendor;
    }

    /** Remembers that a comparison met an open point in which the host does otherwise. */
    synchronized void seen(OpenPoint point, Comparison comparison) {
        met.computeIfAbsent(point, ignored -> new TreeMap<>()).merge(comparison.mnemonic(), 1, Integer::sum);
    }

    /** How often comparisons met a point. */
    synchronized int met(OpenPoint point) {
        return met.getOrDefault(point, Map.of()).values().stream()
                .mapToInt(Integer::intValue)
                .sum();
    }

    /** Where the host does otherwise than nmi64, a line each; empty if nowhere. */
    public synchronized List<String> summary() {
        List<String> lines = new ArrayList<>(others);
        met.forEach(
                (point, mnemonics) -> lines.add("left out of the comparison, " + met(point) + " cases: " + point + " ("
                        + point.authority() + "): "
                        + mnemonics.entrySet().stream()
                                .map(entry -> entry.getKey() + " " + entry.getValue())
                                .collect(Collectors.joining(", "))));
        return lines;
    }

    /** All answers by question, for a person. */
    public Map<String, String> answers() {
        return new HashMap<>(answers);
    }
}
