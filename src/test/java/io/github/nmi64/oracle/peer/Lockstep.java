package io.github.nmi64.oracle.peer;

import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.LoadSegment;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.oracle.UndefinedFlags;
import io.github.nmi64.oracle.peer.OwnBoundaries.Boundary;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.state.Rflags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Walks a peer along nmi64's run of a fixture: the same arrivals at the same boundaries, and at each boundary the same
 * registers; at the end the same outcome, exit value and memory of the image.
 *
 * <p>Three boundaries may exist on one side only. A peer may execute a handler's first instruction in the step that enters
 * it; it may look at a finished REP instruction once more with the count at zero; and it may deliver the debug trap of a
 * watched store in the step of the store. All are passed over. What is to be raised at a boundary that a peer passes over
 * is raised at the next one, where NMIs are still blocked or, behind a debug trap, taken all the same (TP-034).
 */
final class Lockstep {
    private final Fixture fixture;
    private final OwnBoundaries own;
    private final Peer peer;
    private final List<Quirk> quirks;
    private final Result result = new Result();
    /** Registers that differed at the last boundary; each difference is told once, where it begins. */
    private Set<Integer> differing = Set.of();

    private Registers theirs = new Registers();
    private int at;
    /** Flags that may differ where the walk begins, as the instructions before it left them undefined. */
    private long undefinedAtStart;

    private boolean preparedForHalt;
    private boolean over;

    private Lockstep(Fixture fixture, OwnBoundaries own, Peer peer, List<Quirk> quirks) {
        this.fixture = fixture;
        this.own = own;
        this.peer = peer;
        this.quirks = quirks;
    }

    /** What walks found. */
    static final class Result {
        /** Boundaries at which both sides were and whose registers were compared. */
        int compared;
        /** Known differences, one entry each time one was met. */
        final List<Quirk> met = new ArrayList<>();
        /** All other differences. */
        final List<Difference> unknown = new ArrayList<>();
    }

    /**
     * Walks to the end or to where the two part.
     *
     * @param from number of the boundary at which the peer stands
     * @throws IOException if the peer does not answer as it should
     */
    static Result walk(Fixture fixture, OwnBoundaries own, int from, Peer peer, List<Quirk> quirks) throws IOException {
        Lockstep walk = new Lockstep(fixture, own, peer, quirks);
        walk.at = from;
        walk.undefinedAtStart = from == 0 ? 0 : Rflags.STATUS;
        walk.toTheEnd();
        return walk.result;
    }

    private void toTheEnd() throws IOException {
        theirs = peer.registers();
        compare();
        undefinedAtStart = 0;
        while (at < last() && !over) {
            raise();
            if (at == last() - 1 && own.outcome() == Outcome.EXIT) {
                leave();
                return;
            }
            advance();
        }
        if (!over) {
            compareMemory();
            raise();
            stay();
        }
    }

    /** A machine that has stopped for good does so on both sides; one that was cut off goes on. */
    private void stay() throws IOException {
        if (own.outcome() == Outcome.SHUTDOWN) {
            expectStop(Peer.Stop.SHUTDOWN, peer.step());
        } else if (own.outcome() == Outcome.HALTED) {
            expectStop(Peer.Stop.HALTED, peer.step());
        }
    }

    private int last() {
        return own.boundaries().size() - 1;
    }

    private Boundary here() {
        return own.boundaries().get(at);
    }

    private Boundary next() {
        return own.boundaries().get(at + 1);
    }

    private void raise() throws IOException {
        for (InjectedEvent kind : here().raised()) {
            switch (kind.event()) {
                case NMI -> raiseNmi();
                case INTR -> peer.raiseInterrupt(kind.vector());
                default -> throw new IOException("a peer cannot raise " + kind.text());
            }
        }
        boolean comesInHalt = at < last() && next().halted() && next().raised().contains(InjectedEvent.NMI);
        preparedForHalt = comesInHalt && peer.raiseNmiInHalt();
    }

    private void raiseNmi() throws IOException {
        if (!here().halted() || !preparedForHalt) {
            peer.raiseNmi();
        }
    }

    private void advance() throws IOException {
        Registers before = theirs;
        boolean repeats = here().repeating() || next().repeating();
        Peer.Stop stop = step();
        if (repeats && isFinishedRepeat(before) && rip(next()) != theirs.get(Registers.RIP)) {
            stop = step();
        }
        at++;
        boolean inHandler = here().ofEvent() && peer.runsIntoHandlers() && at < last();
        if (inHandler || isBehindTrap()) {
            raise();
            at++;
        }
        expectStop(here().halted() ? Peer.Stop.HALTED : Peer.Stop.BOUNDARY, stop);
        if (!over) {
            compare();
        }
    }

    /** True if the peer stands in the handler of a debug trap that nmi64 delivers in its next step. */
    private boolean isBehindTrap() {
        return at < last()
                && next().ofDebugTrap()
                && theirs.get(Registers.RIP) == rip(next())
                && theirs.get(Registers.RIP) != rip(here());
    }

    private Peer.Stop step() throws IOException {
        Peer.Stop stop = peer.step();
        if (stop != Peer.Stop.EXIT) {
            theirs = peer.registers();
        }
        return stop;
    }

    private boolean isFinishedRepeat(Registers before) {
        return theirs.get(Registers.RIP) == before.get(Registers.RIP) && theirs.get(Gpr.RCX) == 0;
    }

    private static long rip(Boundary boundary) {
        return boundary.registers().get(Registers.RIP);
    }

    private void expectStop(Peer.Stop expected, Peer.Stop found) throws IOException {
        if (found != expected) {
            note("stop", symbol(rip(here())), expected.ordinal(), found.ordinal());
            over = true;
        }
    }

    private void compare() throws IOException {
        result.compared++;
        Registers ours = here().registers();
        Set<Integer> now = new TreeSet<>(ours.differing(theirs));
        if (agreeOnUndefinedFlags(ours)) {
            now.remove(Registers.RFLAGS);
        }
        if (now.contains(Registers.RIP)) {
            over = true;
            now = Set.of(Registers.RIP); // the rest follows from it
        }
        for (int register : now) {
            if (!differing.contains(register)) {
                note(Registers.NAMES.get(register), symbol(rip(here())), ours.get(register), theirs.get(register));
            }
        }
        differing = now;
    }

    /** Where only flags differ that the instruction leaves undefined, the peer goes on with ours. */
    private boolean agreeOnUndefinedFlags(Registers ours) throws IOException {
        long flags = ours.get(Registers.RFLAGS) ^ theirs.get(Registers.RFLAGS);
        long mask = UndefinedFlags.of(here().executed()) | undefinedAtStart;
        boolean undefined = flags != 0 && (flags & ~mask) == 0;
        if (undefined) {
            peer.setFlags(ours.get(Registers.RFLAGS));
        }
        return undefined;
    }

    /** The image is about to write the exit port; a peer may be gone once it has. */
    private void leave() throws IOException {
        compareMemory();
        expectStop(Peer.Stop.EXIT, peer.step());
        long value = own.exitValue().orElseThrow();
        if (!over && !peer.hasExitedWith(value)) {
            note("exit value", symbol(rip(here())), value, -1);
        }
    }

    private void compareMemory() throws IOException {
        for (LoadSegment segment : fixture.image().segments()) {
            long start = segment.address() & -8;
            int length = Math.toIntExact(segment.address() + segment.memorySize() + 7 - start & -8);
            ByteBuffer ours = ByteBuffer.wrap(own.memory(start, length)).order(ByteOrder.LITTLE_ENDIAN);
            ByteBuffer other = ByteBuffer.wrap(peer.memory(start, length)).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < length; i += 8) {
                if (ours.getLong(i) != other.getLong(i)) {
                    note("memory", symbol(start + i), ours.getLong(i), other.getLong(i));
                }
            }
        }
    }

    private void note(String what, String place, long ours, long theirValue) throws IOException {
        Boundary before = own.boundaries().get(Math.max(0, at - 1));
        var difference = new Difference(what, at, place, before, here(), ours, theirValue);
        for (Quirk quirk : quirks) {
            if (quirk.applies().test(difference)) {
                result.met.add(quirk);
                obey(quirk.effect());
                return;
            }
        }
        result.unknown.add(difference);
    }

    private void obey(Quirk.Effect effect) throws IOException {
        switch (effect) {
            case GO_ON -> {}
            case MEND_FLAGS -> peer.setFlags(here().registers().get(Registers.RFLAGS));
            case MEND_RAX -> peer.setRax(here().registers().get(Gpr.RAX));
            case STOP -> over = true;
        }
    }

    private String symbol(long address) {
        return fixture.image()
                .symbols()
                .nearest(address)
                .map(place -> place.text())
                .orElse(Long.toHexString(address));
    }
}
