package io.github.nmi64.cli;

import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.ScheduleSyntaxException;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code check} explores, and how. Filled in by picocli. */
final class CheckArguments {
    private static final long LONGEST = 1_000_000_000;
    private static final Pattern SHARD = Pattern.compile("([0-9]{1,6})/([0-9]{1,6})");

    @Option(
            names = "--events",
            paramLabel = "KINDS",
            description = "Events that may arrive, separated by commas: nmi, mce, db, int3, iret-fault, "
                    + "intr:VECTOR. Default: what the fixture says, or nmi.")
    private @Nullable String events;

    @Option(
            names = "--max-events",
            paramLabel = "K",
            description = "Stop after K events. Default: what the fixture says, else run to the fixpoint.")
    private @Nullable Integer maxEvents;

    @Option(
            names = "--max-seconds",
            paramLabel = "S",
            converter = PositiveNumber.class,
            description = "Stop after S seconds per fixture, with the verdict 'bounded'. Default: never.")
    private @Nullable Long maxSeconds;

    @Mixin
    private final Effort effort = new Effort();

    @Option(
            names = "--cycles",
            paramLabel = "unit|table",
            converter = Costs.Words.class,
            completionCandidates = Costs.Words.class,
            defaultValue = "table",
            description = "Cycle model; matters only if the guest reads the time. Default: table.")
    private Costs costs = Costs.TABLE;

    /**
     * The options for a fixture.
     *
     * @throws BadInput if one of them is wrong
     */
    CheckOptions options(Fixture fixture, @Nullable String shard) {
        CheckPlan plan = fixture.directives().check();
        int[] part = part(shard);
        List<InjectedEvent> kinds = kinds(plan);
        if (kinds.size() > CheckOptions.MAX_KINDS) {
            throw new BadInput("--events: at most " + CheckOptions.MAX_KINDS + " kinds, found " + kinds.size());
        }
        return effort.options(kinds, bound(plan), costs).withShard(part[0] - 1, part[1]);
    }

    /**
     * How long a fixture may take.
     *
     * @throws BadInput if that is longer than anybody lives
     */
    OptionalLong seconds() {
        if (maxSeconds == null) {
            return OptionalLong.empty();
        }
        if (maxSeconds > LONGEST) {
            throw new BadInput("--max-seconds: at most " + LONGEST + ", found '" + maxSeconds + "'");
        }
        return OptionalLong.of(maxSeconds);
    }

    /** The words of these options that matter to a run that plays a counterexample. */
    List<String> replay() {
        return costs == Costs.TABLE ? List.of() : List.of("--cycles", costs.toString());
    }

    private int bound(CheckPlan plan) {
        if (maxEvents == null) {
            return Effort.bound(plan);
        }
        if (maxEvents < 0) {
            throw new BadInput("--max-events: expected a number from 0, found '" + maxEvents + "'");
        }
        return maxEvents;
    }

    private List<InjectedEvent> kinds(CheckPlan plan) {
        if (events == null) {
            return Effort.kinds(plan);
        }
        try {
            return InjectedEvent.parseList(events);
        } catch (ScheduleSyntaxException e) {
            throw new BadInput("--events: " + e.getMessage());
        }
    }

    private static int[] part(@Nullable String shard) {
        if (shard == null) {
            return new int[] {1, 1};
        }
        Matcher matcher = SHARD.matcher(shard);
        if (!matcher.matches()) {
            throw new BadInput("--shard: expected I/N, such as 1/4, N up to 999999, found '" + shard + "'");
        }
        int[] part = {Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))};
        if (part[0] < 1 || part[0] > part[1]) {
            throw new BadInput("--shard: I is from 1 to N, found '" + shard + "'");
        }
        return part;
    }
}
