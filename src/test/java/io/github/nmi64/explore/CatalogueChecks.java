package io.github.nmi64.explore;

import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.timing.CostModel;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The bundled fixtures that say what an exploration of them must come to, and how to explore them. */
final class CatalogueChecks {
    private static final Fixtures FIXTURES = new Fixtures(new Assembler(Map.of()));

    private CatalogueChecks() {}

    static Fixture fixture(String name) {
        return FIXTURES.resolve(name);
    }

    /** All of them whose expected verdict is one of these. */
    static Stream<String> expected(String... verdicts) {
        List<String> wanted = List.of(verdicts);
        return FIXTURES.bundled().stream().map(Fixtures.Title::name).filter(name -> plan(name)
                .verdict()
                .map(v -> wanted.contains(v.verdict()))
                .orElse(false));
    }

    static CheckPlan plan(String name) {
        return fixture(name).directives().check();
    }

    static CheckOptions options(String name) {
        CheckPlan plan = plan(name);
        List<InjectedEvent> events = plan.events().isEmpty() ? List.of(InjectedEvent.NMI) : plan.events();
        int bound = (int) Math.min(plan.maxEvents().orElse(Integer.MAX_VALUE), Integer.MAX_VALUE);
        return new CheckOptions(events, bound, 1, 1L << 29, 0, 1, CostModel.UNIT);
    }

    /** The same with other memory. */
    static CheckOptions within(long bytes, CheckOptions options) {
        return new CheckOptions(
                options.events(),
                options.maxEvents(),
                options.threads(),
                bytes,
                options.shard(),
                options.shards(),
                options.costs());
    }

    static CheckResult check(String name, CheckOptions options) {
        return new Explorer(fixture(name), options, new CheckProgress()).run();
    }
}
