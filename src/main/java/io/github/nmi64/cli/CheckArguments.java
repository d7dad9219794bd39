package io.github.nmi64.cli;

import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.schedule.EventKind;
import io.github.nmi64.schedule.ScheduleSyntaxException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How {@code check} and {@code catalogue} explore. Filled in by picocli. */
final class CheckArguments {
    private static final Pattern SHARD = Pattern.compile("([0-9]{1,6})/([0-9]{1,6})");
    private static final long DEFAULT_MEMORY_SHARE = 2;

    @Option(
            names = "--events",
            paramLabel = "KINDS",
            description = "What may arrive, separated by commas: nmi, mce, db, int3, iret-fault, intr:VECTOR."
                    + " Default: what the fixture says, else nmi.")
    private @Nullable String events;

    @Option(
            names = "--max-events",
            paramLabel = "K",
            description = "Stop after K events. Default: what the fixture says, else go on to the fixpoint.")
    private @Nullable Integer maxEvents;

    @Option(
            names = "--threads",
            paramLabel = "N",
            converter = PositiveNumber.class,
            description = "Worker threads. Default: the number of processors. Verdict, number of events and schedule do"
                    + " not depend on it.")
    private @Nullable Long threads;

    @Option(
            names = "--memory",
            paramLabel = "MIB",
            converter = PositiveNumber.class,
            description = "MiB that visited states may take. Default: half of the Java heap.")
    private @Nullable Long memory;

    @Option(
            names = "--cycles",
            paramLabel = "unit|table",
            converter = Costs.Words.class,
            completionCandidates = Costs.Words.class,
            defaultValue = "table",
            description = "What an instruction costs; matters only if the guest reads the time. Default: table.")
    private Costs costs = Costs.TABLE;

    /**
     * The options for a fixture.
     *
     * @throws BadInput if one of them is wrong
     */
    CheckOptions options(Fixture fixture, @Nullable String shard) {
        CheckPlan plan = fixture.directives().check();
        int bound = maxEvents != null
                ? maxEvents
                : (int) Math.min(plan.maxEvents().orElse(Integer.MAX_VALUE), Integer.MAX_VALUE);
        long workers = threads != null ? threads : Runtime.getRuntime().availableProcessors();
        long bytes = memory != null
                ? Math.multiplyExact(Math.min(memory, 1L << 40), 1L << 20)
                : Runtime.getRuntime().maxMemory() / DEFAULT_MEMORY_SHARE;
        int[] part = part(shard);
        try {
            return new CheckOptions(
                    kinds(plan),
                    bound,
                    (int) Math.min(workers, 256),
                    bytes,
                    part[0] - 1,
                    part[1],
                    false,
                    costs.model());
        } catch (IllegalArgumentException e) {
            throw new BadInput("check: " + e.getMessage());
        }
    }

    private List<EventKind> kinds(CheckPlan plan) {
        if (events == null) {
            return plan.events().isEmpty() ? List.of(EventKind.NMI) : plan.events();
        }
        try {
            return EventKind.parseList(events);
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
            throw new BadInput("--shard: expected I/N, such as 1/4, found '" + shard + "'");
        }
        int[] part = {Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))};
        if (part[0] < 1 || part[0] > part[1]) {
            throw new BadInput("--shard: I is from 1 to N, found '" + shard + "'");
        }
        return part;
    }
}
