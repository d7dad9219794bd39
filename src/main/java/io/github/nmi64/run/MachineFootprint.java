package io.github.nmi64.run;

import io.github.nmi64.bits.Digest;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.memory.HashSum;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.monitor.Footprint;
import io.github.nmi64.monitor.Occupied;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.state.SystemRegisters;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The footprint of a machine that runs a fixture: registers, NMI blocking, devices and what was sent to them, and memory
 * by its hash. Left out are
 *
 * <ul>
 *   <li>the NMI stack, and what the fixture declares the entry's or its handlers' own;
 *   <li>what lies below the part in use of the other stacks ({@link KernelStacks});
 *   <li>accessed and dirty bits that the processor has set by itself, RF, DR6 and MCG_STATUS, the clock, and what is pending.
 * </ul>
 *
 * <p>What is left out is marked when the program goes on, so that its reads of it are noticed. With {@code victim-data} it
 * is the other way round: of memory only that, and what is in use of the stacks, is compared.
 */
public final class MachineFootprint implements Footprint {
    private static final long[] NONE = {};
    private static final int USER = 3;

    private final Machine machine;
    private final PhysicalMemory memory;
    private final CpuState state;
    private final FootprintScope scope;
    private final List<MappedRegion> declared = new ArrayList<>();
    private final List<MappedRegion> immaterial = new ArrayList<>();
    private final List<MappedRegion> nmiStack = new ArrayList<>();
    private final List<MappedRegion> victimData = new ArrayList<>();
    private final KernelStacks stacks;
    private final boolean withOutput;
    /** For each stack: the lowest byte in use when the footprint was taken, or its end. */
    private long[] lowest = {};
    /** For each stack: nobody used it then, though the kernel ran. */
    private boolean[] unused = {};

    /** DR6 counts in the footprint taken last. */
    private boolean hasDebugStatus;

    private final SystemRegisters system = new SystemRegisters();
    private final Digest digest = new Digest();
    private final HashSum sum = new HashSum();
    private final Pieces pieces = new Pieces();
    private final @Nullable KeptMachine kept;

    /**
     * Of a machine at reset.
     *
     * @param teller names what differs, at the price of a copy of the machine at each event; null if nobody asks
     */
    public MachineFootprint(
            Machine machine,
            Fixture fixture,
            FootprintScope scope,
            @Nullable DifferenceTeller teller,
            StoreLog stores) {
        this.machine = machine;
        this.memory = machine.memory();
        this.state = machine.state();
        this.scope = scope;
        this.kept = teller == null ? null : new KeptMachine(machine, fixture, teller, stores);
        CheckPlan plan = fixture.directives().check();
        fixture.directives().landmarks().istStack().ifPresent(stack -> nmiStack.add(new MappedRegion(machine, stack)));
        plan.statistics().forEach(region -> declared.add(new MappedRegion(machine, region)));
        plan.handlerData().forEach(region -> declared.add(new MappedRegion(machine, region)));
        plan.immaterial().forEach(region -> immaterial.add(new MappedRegion(machine, region)));
        plan.victimData().forEach(region -> victimData.add(new MappedRegion(machine, region)));
        this.withOutput = !plan.handlerOutput();
        this.stacks = new KernelStacks(machine, fixture);
        if (!memory.hash().isKept()) {
            memory.hash().keep(true);
        }
        memory.marks().watchUncompared(true);
    }

    @Override
    public void take(Occupied occupied, boolean withDebugStatus) {
        hasDebugStatus = withDebugStatus;
        stacks.find();
        if (lowest.length != stacks.all().size()) {
            lowest = new long[stacks.all().size()];
            unused = new boolean[lowest.length];
        }
        for (int i = 0; i < lowest.length; i++) {
            Region stack = stacks.all().get(i).region();
            long used = occupied.lowest(stack.start(), stack.end(), stacks.isInterruptStack(stack));
            // What user mode interrupts is not in the midst of anything on a kernel's stack: all of it is left out like
            // what
            // is below a stack pointer, and a read of it would be noticed.
            unused[i] = used == Occupied.UNUSED && state.cpl != USER;
            lowest[i] = used == Occupied.UNUSED ? stack.end() : used;
        }
        digest.copyFrom(
                system.digestForProgram(state, withDebugStatus, scope.isCompared(FootprintScope.STATUS_REGISTERS)));
        for (int i = 0; i < Gpr.COUNT; i += 2) {
            digest.add(state.gpr[i], state.gpr[i + 1]);
        }
        digest.add(state.rip, state.rflags & ~Rflags.RF);
        digest.add(state.cpl | (state.interrupts.nmiBlocked ? 1 << 2 : 0), state.cr2);
        digest.add(machine.core().stoppedTimeStamp(), 0);
        machine.ports().digest(digest, withOutput);
        addMemory();
    }

    private void addMemory() {
        sum.clear();
        if (victimData.isEmpty()) {
            forEachLeftOut((from, to) -> sum.add(memory, from, to, scope::isCompared));
            sum.settle(memory);
            digest.add(memory.hash().bareLow() - sum.low(), memory.hash().bareHigh() - sum.high());
        } else {
            forEachOfVictim((from, to) -> sum.add(memory, from, to, quadword -> false));
            sum.settle(memory);
            digest.add(sum.low(), sum.high());
            sum.clear();
            forEachLeftOut((from, to) -> sum.add(memory, from, to, quadword -> !scope.isCompared(quadword)));
            sum.settle(memory);
            digest.add(sum.low(), sum.high());
            sum.clear();
            forEachComparedWhileUnused((from, to) -> sum.add(memory, from, to, quadword -> false));
            sum.settle(memory);
            digest.add(sum.low(), sum.high());
        }
    }

    /** What is compared if the fixture says what the program's is. */
    private void forEachOfVictim(MappedRegion.Piece piece) {
        pieces.clear();
        victimData.forEach(region -> region.upTo(region.region().end(), pieces));
        for (int i = 0; i < lowest.length; i++) {
            MappedRegion stack = stacks.all().get(i);
            stack.between(lowest[i], stack.region().end(), pieces);
        }
        pieces.forEach(piece);
    }

    /** Regions may overlap; each byte is left out once. */
    private void forEachLeftOut(MappedRegion.Piece piece) {
        pieces.clear();
        collectOwned();
        forEachUnused(pieces);
        pieces.forEach(piece);
    }

    /** What is left out whoever uses which stack: the entry's own, and what is below the stack pointers. */
    private void collectOwned() {
        declared.forEach(region -> region.upTo(region.region().end(), pieces));
        immaterial.forEach(region -> region.upTo(region.region().end(), pieces));
        nmiStack.forEach(region -> region.upTo(region.region().end(), pieces));
        for (int i = 0; i < lowest.length; i++) {
            if (!unused[i]) {
                stacks.all().get(i).upTo(lowest[i], pieces);
            }
        }
        for (long quadword : scope.counters()) {
            pieces.accept(quadword, quadword + Long.BYTES);
        }
    }

    /**
     * What is left out of stacks that nobody uses. A kernel that switches stacks by a MOV leaves values on the old one that it
     * comes back to: those are compared while it is away from it.
     */
    private void forEachUnused(MappedRegion.Piece piece) {
        long[] compared = scope.comparedWhileUnused();
        for (int i = 0; i < lowest.length; i++) {
            if (unused[i]) {
                stacks.all().get(i).upTo(lowest[i], (from, to) -> without(compared, from, to, piece));
            }
        }
    }

    private void forEachComparedWhileUnused(MappedRegion.Piece piece) {
        pieces.clear();
        for (int i = 0; i < lowest.length; i++) {
            MappedRegion stack = stacks.all().get(i);
            for (long quadword : unused[i] ? scope.comparedWhileUnused() : NONE) {
                stack.upTo(
                        lowest[i],
                        (from, to) -> pieces.accept(Math.max(from, quadword), Math.min(to, quadword + Long.BYTES)));
            }
        }
        pieces.forEach(piece);
    }

    private static void without(long[] quadwords, long from, long to, MappedRegion.Piece piece) {
        long begin = from;
        for (long quadword : quadwords) {
            if (quadword + Long.BYTES > begin && quadword < to) {
                if (begin < quadword) {
                    piece.accept(begin, quadword);
                }
                begin = quadword + Long.BYTES;
            }
        }
        if (begin < to) {
            piece.accept(begin, to);
        }
    }

    @Override
    public long low() {
        return digest.low(0);
    }

    @Override
    public long high() {
        return digest.high(0);
    }

    @Override
    public void keep() {
        if (kept != null) {
            kept.keep();
        }
    }

    @Override
    public void programRuns(boolean runs) {
        memory.marks().watchUncompared(runs);
    }

    @Override
    public void returned() {
        pieces.clear();
        collectOwned();
        pieces.forEach((from, to) -> {
            long begin = from;
            for (long quadword = from & -8; quadword < to; quadword += 8) {
                if (scope.isCompared(quadword)) {
                    leaveUncompared(begin, quadword);
                    begin = quadword + 8;
                }
            }
            leaveUncompared(begin, to);
        });
        forEachUnused((from, to) -> memory.marks().leaveUnused(from, (int) (to - from)));
        machine.core().memory.flushIfStale();
    }

    private void leaveUncompared(long from, long to) {
        if (from < to) {
            memory.marks().leaveUncompared(from, (int) (to - from));
        }
    }

    /**
     * Declares dead what the footprint taken last left out of stacks: probably nobody reads it before it is written. Whoever
     * does is noticed ({@link ByteMarks#deadReads}).
     */
    public void bury(LongPredicate mayDie) {
        for (MappedRegion stack : nmiStack) {
            machine.core()
                    .memory
                    .kill(stack.region().start() & -8, stack.region().end() & -8, mayDie);
        }
        for (int i = 0; i < lowest.length; i++) {
            machine.core().memory.kill(stacks.all().get(i).region().start() & -8, lowest[i] & -8, mayDie);
        }
    }

    /** True if the quadword at a physical address is declared the entry's or its handlers' own. */
    public boolean isDeclared(long physical) {
        return isIn(declared, physical);
    }

    /** True if the quadword at a physical address is declared to be immaterial: whoever reads it may. */
    public boolean isImmaterial(long physical) {
        return isIn(immaterial, physical);
    }

    private static boolean isIn(List<MappedRegion> regions, long physical) {
        boolean[] found = new boolean[1];
        regions.forEach(region ->
                region.upTo(region.region().end(), (from, to) -> found[0] |= physical + 8 > from && physical < to));
        return found[0];
    }

    @Override
    public boolean isExcused() {
        if (kept == null || !victimData.isEmpty()) {
            return false;
        }
        Set<Long> onStacks = new HashSet<>();
        stacks.all().forEach(stack -> stack.upTo(stack.region().end(), (from, to) -> addWords(onStacks, from, to)));
        List<Long> counters = kept.counters(leftOut(), this::isMessage, onStacks::contains);
        boolean areHandlers = !counters.isEmpty() && counters.stream().noneMatch(scope::isCompared);
        if (areHandlers) {
            counters.forEach(scope::counts);
        }
        return areHandlers;
    }

    @Override
    public String difference() {
        return kept == null ? "" : kept.difference(leftOut(), this::isMessage);
    }

    /** True for a register that the footprint taken last leaves out, by name. */
    private boolean isMessage(String register) {
        boolean isCompared = scope.isCompared(FootprintScope.STATUS_REGISTERS);
        return register.equals("mcg_status") && !isCompared || register.equals("dr6") && !isCompared && !hasDebugStatus;
    }

    /** Quadwords that are left out altogether. */
    private LongPredicate leftOut() {
        Set<Long> quadwords = new HashSet<>();
        if (victimData.isEmpty()) {
            forEachLeftOut((from, to) -> addWords(quadwords, from, to));
            return quadword -> quadwords.contains(quadword) && !scope.isCompared(quadword);
        }
        forEachOfVictim((from, to) -> addWords(quadwords, from & -8, to + 7 & -8));
        return quadword -> !quadwords.contains(quadword) && !scope.isCompared(quadword);
    }

    private static void addWords(Set<Long> quadwords, long from, long to) {
        for (long quadword = from + 7 & -8; quadword + 8 <= to; quadword += 8) {
            quadwords.add(quadword);
        }
    }

    @Override
    public String foreignRead() {
        if (kept == null
                || memory.marks().uncomparedReads().isEmpty()
                        && memory.marks().unusedReads().isEmpty()) {
            return "";
        }
        KeptMachine machineBefore = kept;
        String told = Stream.concat(memory.marks().uncomparedReads().stream(), memory.marks().unusedReads().stream())
                .filter(quadword -> !isDeclared(quadword) && !isImmaterial(quadword))
                .map(machineBefore::readOf)
                .filter(text -> !text.isEmpty())
                .findFirst()
                .orElse("");
        memory.marks().uncomparedReads().clear();
        memory.marks().unusedReads().clear();
        return told;
    }
}
