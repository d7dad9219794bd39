package io.github.nmi64.explore;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Landmarks;
import io.github.nmi64.fixture.StackPlace;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.run.DifferenceTeller;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Injection;
import io.github.nmi64.schedule.When;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Runs the path of a finding once more from reset and tells it: the schedule, and what happens in the words of the field. */
final class CounterexampleReplay implements TraceSink, DifferenceTeller {
    private static final int MOST_LINES = 40;

    private final SearchState search;
    private final Finding finding;
    private final Walker walker;
    private final Map<Long, Integer> hits = new HashMap<>();
    private final List<Injection> schedule = new ArrayList<>();
    private final List<String> story = new ArrayList<>();
    private boolean telling;

    CounterexampleReplay(SearchState search, Finding finding) {
        this.search = search;
        this.finding = finding;
        this.walker = new Walker(search, this, this);
    }

    Counterexample counterexample() {
        long rip = walker.machine().state().rip;
        hits.merge(rip, 1, Integer::sum);
        for (EventPath.Link link : EventPath.of(search.tree, finding.path()).links()) {
            for (int i = 0; i < link.steps(); i++) {
                step();
            }
            raise(link.kind());
        }
        Violation last = finding.violation();
        while (walker.monitor().violations().isEmpty()
                && walker.machine().core().retired <= last.retired()
                && story.size() < MOST_LINES
                && step()) {
            // until it is met
        }
        Violation told = walker.monitor().violations().stream()
                .filter(violation -> violation.invariant().equals(last.invariant())
                        && violation.subject().equals(last.subject()))
                .findFirst()
                .orElse(last); // which says less: nobody kept what was there before
        return new Counterexample(told, schedule, story);
    }

    @Override
    public String name(long linear) {
        return StackPlace.of(search.fixture, linear);
    }

    private boolean step() {
        boolean goesOn = walker.step();
        hits.merge(walker.machine().state().rip, 1, Integer::sum);
        return goesOn;
    }

    private void raise(int kind) {
        InjectedEvent event = search.options.events().get(kind);
        CpuState state = walker.machine().state();
        schedule.add(new Injection(event, when(state.rip)));
        telling = true;
        InterruptState interrupts = state.interrupts;
        String fate =
                event.equals(InjectedEvent.NMI) && interrupts.nmiBlocked ? ", latched while NMIs are blocked" : "";
        tell(event.text() + " arrives at " + place(state.rip) + fate);
        walker.choice(kind).raise();
    }

    private When when(long rip) {
        int hit = hits.getOrDefault(rip, 1);
        return search.fixture
                .image()
                .symbols()
                .nearest(rip)
                .<When>map(near -> new When.AtSymbol(near.symbol().name(), near.offset(), hit))
                .orElseGet(() -> new When.AtAddress(rip, hit));
    }

    @Override
    public void delivered(CpuState state, DeliveredEvent event, long cycle, long retired) {
        if (!telling) {
            return;
        }
        StringBuilder line = new StringBuilder(Vector.name(event.vector()));
        line.append(" interrupts ").append(place(event.fromRip()));
        line.append(" (CPL ").append(event.fromCs() & 3).append(", RSP ");
        line.append(StackPlace.stack(search.fixture, event.fromRsp())).append(')');
        Landmarks landmarks = search.fixture.directives().landmarks();
        landmarks.slot("nmi_executing").ifPresent(slot -> {
            OptionalLong value = walker.machine().peek(slot.address());
            line.append(", nmi_executing = ").append(value.isPresent() ? Hex.of(value.getAsLong()) : "unmapped");
        });
        landmarks
                .repeat()
                .ifPresent(region -> line.append(
                        region.contains(event.fromRip())
                                ? ", inside the repeat region"
                                : ", outside the repeat region"));
        tell(line.toString());
    }

    private void tell(String what) {
        if (story.size() < MOST_LINES) {
            story.add("step " + walker.machine().core().retired + "  " + what);
        }
    }

    private String place(long rip) {
        return search.fixture
                .image()
                .symbols()
                .nearest(rip)
                .map(SymbolTable.Place::text)
                .orElse(Hex.of(rip));
    }
}
