package io.github.nmi64.report;

import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.explore.CheckProgress;
import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.Explorer;
import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.timing.CostModel;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The shards of a check, made as a program would that spreads them over several machines: without the command line. */
final class Shards {
    private static final CheckOptions OPTIONS =
            new CheckOptions(List.of(InjectedEvent.NMI), Integer.MAX_VALUE, 1, 1 << 28, 0, 1, CostModel.UNIT);

    private Shards() {}

    static List<ShardResults.Named> of(String name, int shards) {
        Fixture fixture = new Fixtures(new Assembler(Map.of())).resolve(name);
        return IntStream.range(0, shards)
                .mapToObj(shard -> {
                    CheckOptions options = OPTIONS.withShard(shard, shards);
                    CheckResult result = new Explorer(fixture, options, new CheckProgress()).run();
                    return new ShardResults.Named("shard " + shard, CheckReport.of(fixture, options, result, 0));
                })
                .toList();
    }
}
