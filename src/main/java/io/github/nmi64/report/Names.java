package io.github.nmi64.report;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Landmarks;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.SymbolLookup;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names for addresses. */
public final class Names {
    private Names() {}

    /** The image's own names. */
    public static SymbolLookup of(SymbolTable symbols) {
        return new SymbolLookup() {
            @Override
            public @Nullable String name(long address) {
                return symbols.nearest(address).map(SymbolTable.Place::text).orElse(null);
            }

            @Override
            public @Nullable String perCpuVariable(long offset) {
                return symbols.perCpuVariable(offset).orElse(null);
            }
        };
    }

    /** The slots of the NMI stack by the names of the fixture, everything else by the image's. */
    public static SymbolLookup withSlots(Fixture fixture) {
        Map<Long, String> slots = new HashMap<>();
        for (Landmarks.Slot slot : fixture.directives().landmarks().slots()) {
            slots.putIfAbsent(slot.address(), slot.name());
        }
        SymbolLookup symbols = of(fixture.image().symbols());
        return address -> {
            String slot = slots.get(address);
            return slot == null ? symbols.name(address) : slot;
        };
    }
}
