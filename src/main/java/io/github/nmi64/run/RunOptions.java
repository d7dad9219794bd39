package io.github.nmi64.run;

import io.github.nmi64.core.Rules;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.timing.CostModel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a run does differently from what its fixture says. Immutable; start from {@link #defaults} and change.
 *
 * @param schedule arrivals in place of the fixture's own; its expectations, which describe its own, are then not judged
 * @param maxInstructions limit of retired instructions in place of the fixture's
 * @param maxCycles limit of cycles in place of the fixture's
 * @param costs cycle model
 * @param rules changes to the rules, applied after the fixture's own, by name (see {@link Rules#with})
 */
public record RunOptions(
        Optional<Schedule> schedule,
        OptionalLong maxInstructions,
        OptionalLong maxCycles,
        CostModel costs,
        Map<String, String> rules) {
    public RunOptions {
        rules = new LinkedHashMap<>(rules);
    }

    /** As the fixture says. */
    public static RunOptions defaults(CostModel costs) {
        return new RunOptions(Optional.empty(), OptionalLong.empty(), OptionalLong.empty(), costs, Map.of());
    }

    /** With other arrivals. */
    public RunOptions withSchedule(Schedule other) {
        return new RunOptions(Optional.of(other), maxInstructions, maxCycles, costs, rules);
    }

    /** With a limit on retired instructions. */
    public RunOptions withMaxInstructions(long limit) {
        return new RunOptions(schedule, OptionalLong.of(limit), maxCycles, costs, rules);
    }

    /** With a limit on cycles. */
    public RunOptions withMaxCycles(long limit) {
        return new RunOptions(schedule, maxInstructions, OptionalLong.of(limit), costs, rules);
    }
}
