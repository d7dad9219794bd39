package io.github.nmi64.cli;

import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.Fixtures;
import java.util.Iterator;
import java.util.Map;

/** The names of the bundled fixtures, for completion. */
final class BundledNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
        return new Fixtures(new Assembler(Map.of()))
                .bundled().stream().map(Fixtures.Title::name).iterator();
    }
}
