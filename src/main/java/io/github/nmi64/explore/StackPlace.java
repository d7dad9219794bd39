package io.github.nmi64.explore;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Landmarks;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.fixture.SymbolTable;
import java.util.Optional;

/** Names of stack addresses, in the words of people who read entry code. */
final class StackPlace {
    private StackPlace() {}

    /** {@code nmi_executing (NMI stack top-0x38)}, {@code debug_stack+0x1fd8}. */
    static String of(Fixture fixture, long address) {
        Landmarks landmarks = fixture.directives().landmarks();
        Optional<String> slot = landmarks.slots().stream()
                .filter(known -> known.address() == (address & -8))
                .map(Landmarks.Slot::name)
                .findFirst();
        String place = stack(fixture, address);
        return slot.map(name -> name + " (" + place + ")").orElse(place);
    }

    /** Which stack RSP is on. */
    static String stack(Fixture fixture, long rsp) {
        Optional<Region> nmi = fixture.directives().landmarks().istStack();
        if (nmi.isPresent() && isOn(nmi.get(), rsp)) {
            long below = nmi.get().end() - rsp;
            return "NMI stack top" + (below == 0 ? "" : "-" + Hex.of(below));
        }
        Optional<Region> other = fixture.directives().check().stacks().stream()
                .filter(region -> isOn(region, rsp))
                .findFirst();
        SymbolTable symbols = fixture.image().symbols();
        if (other.isPresent()) {
            Region region = other.get();
            String name =
                    symbols.nearest(region.start()).map(SymbolTable.Place::text).orElse(Hex.of(region.start()));
            long below = region.end() - rsp;
            return name + " top" + (below == 0 ? "" : "-" + Hex.of(below));
        }
        return symbols.nearest(rsp).map(SymbolTable.Place::text).orElse(Hex.of(rsp));
    }

    private static boolean isOn(Region stack, long rsp) {
        return rsp - stack.start() > 0 && rsp - stack.end() <= 0;
    }
}
