package io.github.nmi64.run;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.core.Attention;
import io.github.nmi64.core.Core;
import io.github.nmi64.core.Rules;
import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Dump;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Landmarks;
import io.github.nmi64.fixture.Mappings;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.image.ElfImage;
import io.github.nmi64.image.LoadSegment;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Unsupported;
import io.github.nmi64.machine.BootImage;
import io.github.nmi64.machine.BootImageException;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.monitor.EventCounter;
import io.github.nmi64.monitor.InvariantMonitor;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.schedule.When;
import io.github.nmi64.trace.Tee;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One run of a fixture: a machine at reset, the schedule's arrivals, the built-in monitors. Used once.
 *
 * <p>Call {@link #run}, or {@link #begin} and then {@link #step} until it returns false and {@link #report}:
 *
 * <pre>
 * Fixture fixture = new Fixtures(new Assembler(System.getenv())).resolve("rfc/plain");
 * Schedule schedule = Schedule.parse("example", "nmi@at=do_nmi,hit=1");
 * FixtureRun run = new FixtureRun(fixture, RunOptions.defaults(CostModel.UNIT).withSchedule(schedule));
 * run.begin(TraceSink.NONE);
 * while (run.step()) {
 *     long rip = run.machine().state().rip;
 * }
 * RunReport report = run.report();
 * </pre>
 */
public final class FixtureRun {
    /** Limit of retired instructions where neither fixture nor options name one. */
    public static final long DEFAULT_MAX_INSTRUCTIONS = 100_000_000;

    /**
     * Cycles per allowed instruction where no limit on cycles is named. A guest whose exception handler faults again and
     * again retires nothing, so a limit on instructions alone would not end it.
     */
    public static final long DEFAULT_CYCLES_PER_INSTRUCTION = 50;

    private final Fixture fixture;
    private final BootImage boot;
    private final RunOptions options;
    private final Machine machine;
    private final ScheduledArrivals arrivals;
    private final InvariantMonitor monitor;
    private final Schedule schedule;
    /** The fixture says where events may arrive, so all that is judged in an exploration is judged here too. */
    private final boolean isExplorable;

    private final @Nullable Recurrence recurrence;
    private final EventCounter counts = new EventCounter();
    private final Straying straying;
    private boolean hasStrayed;
    private @Nullable StoreLog stores;

    /** A run by itself; several of one fixture had better share {@link #boot}. */
    public FixtureRun(Fixture fixture, RunOptions options) {
        this(fixture, boot(fixture), options);
    }

    /**
     * @param boot of the fixture, by {@link #boot}
     * @throws BootImageException if the image does not fit into the machine
     * @throws io.github.nmi64.image.UnknownSymbolException if the schedule names an unknown symbol
     * @throws IllegalArgumentException if a rule of the fixture or the options does not exist
     */
    public FixtureRun(Fixture fixture, BootImage boot, RunOptions options) {
        this.fixture = fixture;
        this.boot = boot;
        this.options = options;
        this.machine = new Machine(boot, rules(fixture, options), options.costs());
        this.straying = new Straying(machine);
        this.schedule = options.schedule().orElse(fixture.directives().schedule());
        ScheduledArrivals.Horizon horizon = ScheduledArrivals.needsHorizon(schedule)
                ? new FixtureRun(fixture, boot, options.withSchedule(Schedule.EMPTY)).horizon()
                : ScheduledArrivals.Horizon.NONE;
        Optional<CheckPlan.Window> window = fixture.directives().check().window();
        OptionalLong begin = window.isPresent() ? OptionalLong.of(window.get().first()) : OptionalLong.empty();
        this.arrivals = new ScheduledArrivals(schedule, this::address, begin, horizon);
        this.monitor = new InvariantMonitor(
                machine.core(), fixture.directives(), fixture.image().symbols(), machine::peek, machine::instruction);
        this.isExplorable = fixture.directives().check().window().isPresent();
        arrivals.beforeRaising(monitor::lookAround);
        if (isExplorable && !schedule.injections().isEmpty()) {
            watchInterference(new Learnt(), this::nameBySymbol);
        }
        this.recurrence = isExplorable && !schedule.injections().isEmpty()
                ? new Recurrence(
                        new StateIdentity(machine, monitor, fixture.directives().check(), false),
                        machine.state().interrupts)
                : null;
    }

    /**
     * Watches that whatever interrupts the program leaves nothing behind that it could notice. Call before {@link #begin}.
     *
     * @param teller names what differs; null if nobody asks
     */
    public MachineFootprint watchInterference(FootprintScope scope, @Nullable DifferenceTeller teller) {
        StoreLog log = new StoreLog(machine, monitor::isAway);
        if (teller != null) {
            stores = log;
        }
        MachineFootprint footprint = new MachineFootprint(machine, fixture, scope, teller, log);
        monitor.footprint(footprint);
        return footprint;
    }

    private String nameBySymbol(long linear) {
        return fixture.image()
                .symbols()
                .nearest(linear)
                .map(SymbolTable.Place::text)
                .orElse(Hex.of(linear));
    }

    /** What one run learns of its footprints. */
    private static final class Learnt implements FootprintScope {
        private static final long[] NONE = {};

        private final List<Long> quadwords = new ArrayList<>();

        @Override
        public boolean isCompared(long quadword) {
            return false;
        }

        @Override
        public long[] comparedWhileUnused() {
            return NONE;
        }

        @Override
        public long[] counters() {
            return quadwords.stream().mapToLong(Long::longValue).toArray();
        }

        @Override
        public void counts(long quadword) {
            quadwords.add(quadword);
        }
    }

    /** What machines of a fixture begin with. Runs that are given the same one share its memory. */
    public static BootImage boot(Fixture fixture) {
        if (fixture.dump().isPresent()) {
            Dump machine = fixture.dump().get();
            return BootImage.of(machine.memory(), machine.state(), machine.tables());
        }
        ElfImage elf = fixture.image();
        Landmarks landmarks = fixture.directives().landmarks();
        BootImage image = new BootImage(elf.entry()).cr4(fixture.directives().cr4());
        for (LoadSegment segment : elf.segments()) {
            image.segment(segment.address(), segment.data(), segment.memorySize());
        }
        for (Region region : landmarks.user()) {
            image.user(region.start(), region.end());
        }
        fixture.directives().ports().forEach(image::port);
        Mappings mappings = fixture.directives().mappings();
        for (Mappings.Mapping mapping : mappings.physical()) {
            image.physical(mapping.region().start(), mapping.region().end(), mapping.target());
        }
        for (Mappings.Mapping mapping : mappings.aliases()) {
            image.alias(mapping.region().start(), mapping.region().end(), mapping.target());
        }
        for (Region region : mappings.userRoot()) {
            image.userRoot(region.start(), region.end());
        }
        elf.symbols().find("__stack_top").ifPresent(symbol -> image.stackTop(symbol.address()));
        return image;
    }

    private static Rules rules(Fixture fixture, RunOptions options) {
        Map<String, String> named = new LinkedHashMap<>(fixture.directives().rules());
        named.putAll(options.rules());
        return Rules.INTEL.with(named);
    }

    /** Runs a fixture that nothing interrupts, and counts; of a window only the first stretch it is open. */
    private ScheduledArrivals.Horizon horizon() {
        begin(TraceSink.NONE);
        long last = -1;
        long inWindow = 0;
        boolean goesOn = true;
        boolean hasClosed = false;
        while (goesOn) {
            if (monitor.isOpen() && !hasClosed) {
                inWindow += machine.core().retired == last ? 0 : 1;
                last = machine.core().retired;
            }
            hasClosed |= inWindow > 0 && !monitor.isOpen();
            goesOn = step();
        }
        return new ScheduledArrivals.Horizon(machine.core().retired, inWindow);
    }

    private long address(When when) {
        if (when instanceof When.AtSymbol at) {
            return fixture.image().symbols().resolve(at.symbol()) + at.offset();
        }
        throw new IllegalArgumentException("no address in " + when.text());
    }

    /** The machine, for who steps it. */
    public Machine machine() {
        return machine;
    }

    Fixture fixture() {
        return fixture;
    }

    ScheduledArrivals arrivals() {
        return arrivals;
    }

    /** What watches the invariants of this run. */
    public InvariantMonitor monitor() {
        return monitor;
    }

    EventCounter counts() {
        return counts;
    }

    long handlerRuns() {
        return monitor.handlerRuns();
    }

    /** Runs to the end; {@code extra} observes everything as well. */
    public RunReport run(TraceSink extra) {
        begin(extra);
        while (step()) {
            // everything happens in step()
        }
        return report();
    }

    /** Attaches monitors, arrivals and the extra sink, and sets the limits. */
    public void begin(TraceSink extra) {
        machine.cpu().arrivals(arrivals);
        machine.cpu().sink(Tee.of(extra, counts, monitor, arrivals, stores == null ? TraceSink.NONE : stores));
        machine.cpu().begin(maxInstructions(), maxCycles());
    }

    private long maxInstructions() {
        return first(options.maxInstructions(), fixture.directives().maxInstructions())
                .orElse(DEFAULT_MAX_INSTRUCTIONS);
    }

    private long maxCycles() {
        long instructions = maxInstructions();
        long otherwise = instructions > Long.MAX_VALUE / DEFAULT_CYCLES_PER_INSTRUCTION
                ? Long.MAX_VALUE
                : instructions * DEFAULT_CYCLES_PER_INSTRUCTION;
        return first(options.maxCycles(), fixture.directives().maxCycles()).orElse(otherwise);
    }

    private static OptionalLong first(OptionalLong one, OptionalLong other) {
        return one.isPresent() ? one : other;
    }

    /** Makes one step of the processor. False if the run has ended. */
    public boolean step() {
        if (stores != null) {
            stores.beforeStep();
        }
        monitor.beforeStep();
        boolean goesOn = machine.cpu().step();
        monitor.afterStep();
        if (monitor.isComplete()) {
            machine.core().attend(Attention.EXIT, true); // as by the exit port
        }
        hasStrayed = goesOn && straying.isSure();
        return goesOn && !hasStrayed && (recurrence == null || !isCaught(recurrence));
    }

    /**
     * The invariant {@code progress}: nothing arrives any more, a program is interrupted, and the machine is back in a state
     * it was in. Then it will never get on, and the run ends.
     */
    private boolean isCaught(Recurrence states) {
        if (monitor.interruptedContexts() == 0 || !arrivals.isDone()) {
            states.restart();
            return false;
        }
        long period = states.period();
        if (period == 0) {
            return false;
        }
        monitor.notice(Livelock.violation(machine, fixture.image().symbols(), period, Livelock.NOBODY_RESUMED));
        return true;
    }

    /** What the run came to; call once it has ended. */
    public RunReport report() {
        boolean isCompared = isExplorable && !schedule.injections().isEmpty();
        new EndOfRun(this).inRun(isCompared ? this::undisturbedEnd : null);
        return new RunReport(this, machine.cpu().outcome(), options.schedule().isEmpty());
    }

    private EndResult undisturbedEnd() {
        FixtureRun undisturbed = new FixtureRun(fixture, boot, options.withSchedule(Schedule.EMPTY));
        undisturbed.run(TraceSink.NONE);
        return EndResult.of(undisturbed.machine);
    }

    /** Why the run ended. One that only executed zeros has come to a limit. */
    Outcome outcome() {
        return hasStrayed ? Outcome.LIMIT : machine.cpu().outcome();
    }

    /** The machine has been put back to another moment. */
    public void restored() {
        straying.restart();
    }

    /** True if the run was ended because it only executed zeros; the processor's outcome says nothing then. */
    public boolean hasStrayed() {
        return hasStrayed;
    }

    Optional<RunReport.Refused> refused() {
        Unsupported unsupported = machine.cpu().unsupported();
        if (unsupported == null) {
            return Optional.empty();
        }
        return Optional.of(new RunReport.Refused(String.valueOf(unsupported.getMessage()), bytesAtRip()));
    }

    private String bytesAtRip() {
        byte[] bytes = new byte[Decoder.MAX_LENGTH];
        int length = 0;
        Core core = machine.core();
        for (; length < bytes.length; length++) {
            OptionalLong physical = machine.translate(core.linearRip(core.state.rip + length));
            if (physical.isEmpty()) {
                break;
            }
            machine.memory().read(physical.getAsLong(), bytes, length, 1);
        }
        return Hex.bytes(bytes, 0, length);
    }
}
