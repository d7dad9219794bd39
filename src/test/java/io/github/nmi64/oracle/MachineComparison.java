package io.github.nmi64.oracle;

import io.github.nmi64.schedule.Injection;
import io.github.nmi64.schedule.Schedule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs images in nmi64 and in a {@link MachineOracle} under the same schedules and compares them line by line: every
 * instruction with the registers before it, every delivery with its frame, every change of the image's memory, the end.
 * Counts what it compared and which known differences it met.
 */
public final class MachineComparison {
    /** Instructions after which a run is cut off. */
    public static final long MAX_INSTRUCTIONS = 20_000;

    /** Lines after which a run counts as equal: a handler that faults in a loop never ends, nor retires anything. */
    private static final int MAX_LINES = 5000;

    private static final int CONTEXT = 10;

    private final MachineOracle oracle;
    private final Map<String, Integer> met = new TreeMap<>();
    private long runs;
    private long lines;
    private long stopped;

    /** A comparison with one oracle; nothing has been compared yet. */
    public MachineComparison(MachineOracle oracle) {
        this.oracle = oracle;
    }

    /**
     * Compares one run.
     *
     * @return the first difference that is not a known one, as text for a person, with the commands that show it
     * @throws IOException if the oracle cannot be started
     */
    public Optional<String> difference(MachineImage image, Schedule schedule) throws IOException {
        runs++;
        try (MachineOracle.Run ours = new OwnRun(image, schedule, MAX_INSTRUCTIONS);
                MachineOracle.Run theirs = oracle.run(image, schedule, MAX_INSTRUCTIONS)) {
            return new Pass(image, ours, theirs)
                    .first()
                    .map(difference -> difference.text(oracle.name()) + commands(image, schedule));
        }
    }

    private String commands(MachineImage image, Schedule schedule) {
        String injections = schedule.injections().stream()
                .map(Injection::text)
                .map(text -> " --inject " + text)
                .collect(Collectors.joining());
        return "  nmi64 trace " + image.file() + (injections.isEmpty() ? " --schedule /dev/null" : injections) + "\n  "
                + oracle.command(image, schedule, MAX_INSTRUCTIONS) + '\n';
    }

    /** How many runs were compared. */
    public long runs() {
        return runs;
    }

    /** How many known differences were met, by reason. */
    public Map<String, Integer> met() {
        return new TreeMap<>(met);
    }

    /** Reasons of known differences that have not occurred. */
    public Set<String> unmet() {
        Set<String> unmet = new LinkedHashSet<>();
        oracle.knownDifferences().forEach(known -> unmet.add(known.reason()));
        unmet.removeAll(met.keySet());
        return unmet;
    }

    @Override
    public String toString() {
        return "%d runs, %d lines compared with %s; %d runs compared up to a known difference; met: %s"
                .formatted(runs, lines, oracle.name(), stopped, met);
    }

    /** One run of each machine. */
    private final class Pass {
        private final MachineImage image;
        private final MachineOracle.Run ours;
        private final MachineOracle.Run theirs;
        private final List<MachineLine> before = new ArrayList<>();
        private int compared;

        Pass(MachineImage image, MachineOracle.Run ours, MachineOracle.Run theirs) {
            this.image = image;
            this.ours = ours;
            this.theirs = theirs;
        }

        Optional<MachineDifference> first() {
            MachineLine mine;
            do {
                mine = nextOwn();
                MachineLine other = theirs.next();
                List<String> fields = mine.differences(other);
                if (!fields.isEmpty()) {
                    var difference =
                            new MachineDifference(image, List.copyOf(before), mine, other, List.copyOf(fields));
                    KnownDifference known = known(difference);
                    if (known == null || known.effect() == KnownDifference.Effect.STOP) {
                        return known == null ? Optional.of(difference) : Optional.empty();
                    }
                }
                remember(mine);
            } while (!(mine instanceof MachineLine.Ended) && ++compared < MAX_LINES);
            return Optional.empty();
        }

        private MachineLine nextOwn() {
            MachineLine line = ours.next();
            while (line instanceof MachineLine.Event && !oracle.tellsEvents()) {
                line = ours.next();
            }
            return line;
        }

        private @Nullable KnownDifference known(MachineDifference difference) {
            for (KnownDifference known : oracle.knownDifferences()) {
                if (known.applies().test(difference)) {
                    met.merge(known.reason(), 1, Integer::sum);
                    stopped += known.effect() == KnownDifference.Effect.STOP ? 1 : 0;
                    return known;
                }
            }
            return null;
        }

        private void remember(MachineLine line) {
            lines++;
            if (before.size() == CONTEXT) {
                before.remove(0);
            }
            before.add(line);
        }
    }
}
