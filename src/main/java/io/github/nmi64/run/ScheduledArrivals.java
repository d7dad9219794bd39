package io.github.nmi64.run;

import io.github.nmi64.core.Core;
import io.github.nmi64.cpu.Arrivals;
import io.github.nmi64.cpu.EventInputs;
import io.github.nmi64.isa.Disassembly;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Opcode;
import io.github.nmi64.op.InstructionSet;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.schedule.Injection;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.schedule.When;
import io.github.nmi64.state.Activity;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.TraceSink;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;

/**
 * Plays a schedule: raises each injection at the boundary its {@link When} describes. Attach it both as arrivals and, if
 * {@link #wantsInstructions}, as (part of) the sink.
 *
 * <p>Several injections due at one boundary are raised in the order of the schedule. NMIs raised together are separate
 * edges, so they merge in the latch.
 */
public final class ScheduledArrivals implements Arrivals, TraceSink {
    /** One injection while it waits. */
    private abstract static class Pending {
        final Injection injection;

        Pending(Injection injection) {
            this.injection = injection;
        }

        /**
         * True if it is to be raised now.
         *
         * @param fresh false if the processor idles at the boundary it was asked about before
         */
        abstract boolean arrives(Core core, boolean fresh);

        /** Earliest cycle at which {@link #arrives} can become true, or {@link Long#MAX_VALUE} if it needs every boundary. */
        abstract long due(Core core);

        /** The place its numbers count from has been reached. */
        void beginsToCount(long cycle, long retired) {}

        /** True if the injection has been raised as often as it ever will be. */
        boolean spent;

        /** True if it was raised at least once. */
        boolean fired;

        void executed(Instruction instruction) {}
    }

    /**
     * Instructions the image retires when nothing is injected.
     *
     * @param run in the whole run
     * @param window in the window in which events may arrive
     */
    public record Horizon(long run, long window) {
        /** Nothing is drawn from it. */
        public static final Horizon NONE = new Horizon(0, 0);
    }

    private final List<Pending> waiting = new ArrayList<>();
    private final List<Pending> all = new ArrayList<>();
    /** Those that count from the window, until it is reached. */
    private final List<Pending> uncounted = new ArrayList<>();

    private final OptionalLong window;
    private boolean watchesBoundaries;
    private boolean watchesInstructions;
    private long lastStep = -1;
    private long lastRip;
    private boolean lastIdle;
    private Runnable beforeRaising = () -> {};

    /**
     * @param addresses linear address of an {@code at=SYMBOL} place
     * @param window linear address of the instruction at which the window begins; empty if cycles and instructions count
     *     from the reset
     * @param horizon needed for {@code random=}
     * @throws IllegalArgumentException if {@code after=} names no instruction there is
     */
    public ScheduledArrivals(Schedule schedule, ToLongFunction<When> addresses, OptionalLong window, Horizon horizon) {
        this.window = window;
        for (Injection injection : schedule.injections()) {
            add(injection, addresses, horizon);
        }
        all.addAll(waiting);
    }

    private void add(Injection injection, ToLongFunction<When> addresses, Horizon horizon) {
        When when = injection.when();
        if (when instanceof When.AtCycle at) {
            counting(new Cyclic(injection, at.cycle(), 0), at.origin());
        } else if (when instanceof When.Every every) {
            counting(new Cyclic(injection, every.from(), every.period()), every.origin());
        } else if (when instanceof When.AtStep at) {
            counting(new AtSteps(injection, at.step()), at.origin());
        } else if (when instanceof When.Seeded seeded) {
            boolean isOfWindow = window.isPresent() && seeded.origin() == When.Origin.WINDOW;
            long places = isOfWindow ? horizon.window() : horizon.run();
            counting(new AtSteps(injection, seeded.positions(places)), seeded.origin());
        } else if (when instanceof When.AtSymbol at) {
            waiting.add(new AtAddress(injection, addresses.applyAsLong(at), at.hit()));
            watchesBoundaries = true;
        } else if (when instanceof When.AtAddress at) {
            waiting.add(new AtAddress(injection, at.address(), at.hit()));
            watchesBoundaries = true;
        } else if (when instanceof When.After after) {
            waiting.add(new AfterMnemonic(injection, after.mnemonic(), after.hit()));
            watchesBoundaries = true;
            watchesInstructions = true;
        }
    }

    private void counting(Pending pending, When.Origin origin) {
        waiting.add(pending);
        if (window.isPresent() && origin == When.Origin.WINDOW) {
            uncounted.add(pending);
        } else {
            pending.beginsToCount(0, 0);
        }
    }

    /** True if the schedule draws random places, so that a horizon must be known. */
    public static boolean needsHorizon(Schedule schedule) {
        return schedule.injections().stream().anyMatch(injection -> injection.when() instanceof When.Seeded);
    }

    /** Has somebody look at the machine before something is raised. */
    void beforeRaising(Runnable look) {
        beforeRaising = look;
    }

    /** True if nothing will be raised any more. */
    public boolean isDone() {
        return waiting.isEmpty();
    }

    /** True if nothing waits for the window any more. */
    public boolean isCounting() {
        return uncounted.isEmpty();
    }

    /** Injections that were never raised, in the order of the schedule. */
    public List<Injection> unfired() {
        return all.stream()
                .filter(pending -> !pending.fired)
                .map(pending -> pending.injection)
                .toList();
    }

    @Override
    public boolean wantsInstructions() {
        return watchesInstructions;
    }

    @Override
    public void executed(CpuState state, Instruction instruction) {
        if (!state.interrupts.repeating) {
            for (Pending pending : waiting) {
                pending.executed(instruction);
            }
        }
    }

    @Override
    public void atBoundary(Core core, EventInputs inputs) {
        boolean fresh = isFresh(core);
        boolean anySpent = false;
        if (!uncounted.isEmpty() && core.linearRip() == window.getAsLong()) {
            uncounted.forEach(pending -> pending.beginsToCount(core.clock.now, core.retired));
            uncounted.clear();
        }
        for (int i = 0; i < waiting.size(); i++) {
            Pending pending = waiting.get(i);
            if (pending.arrives(core, fresh)) {
                pending.fired = true;
                beforeRaising.run();
                raise(pending.injection.kind(), inputs);
            }
            anySpent |= pending.spent;
        }
        if (anySpent) {
            waiting.removeIf(pending -> pending.spent);
        }
    }

    @Override
    public boolean wantsEveryBoundary() {
        return (watchesBoundaries || !uncounted.isEmpty()) && !waiting.isEmpty();
    }

    /** While the processor idles the same boundary is visited again and again; only time is new then. */
    private boolean isFresh(Core core) {
        boolean idle = core.state.activity != Activity.ACTIVE;
        boolean same = idle && lastIdle && lastStep == core.retired && lastRip == core.state.rip;
        lastIdle = idle;
        lastStep = core.retired;
        lastRip = core.state.rip;
        return !same;
    }

    private static void raise(InjectedEvent kind, EventInputs inputs) {
        switch (kind.event()) {
            case NMI -> inputs.pulseNmi();
            case MCE -> inputs.machineCheck();
            case DB -> inputs.debugTrap();
            case INTR -> inputs.interrupt(kind.vector());
            case INT3 -> inputs.injectInt3();
            case IRET_FAULT -> inputs.failNextIret();
        }
    }

    @Override
    public long due(Core core) {
        long due = Long.MAX_VALUE;
        for (int i = 0; i < waiting.size(); i++) {
            due = Math.min(due, waiting.get(i).due(core));
        }
        return due;
    }

    /** The sum, or the end of time. */
    private static long later(long from, long distance) {
        return distance > Long.MAX_VALUE - from ? Long.MAX_VALUE : from + distance;
    }

    /** At a cycle, and for a storm every period from there on. */
    private static final class Cyclic extends Pending {
        private final long first;
        private final long period;
        private long next = Long.MAX_VALUE;

        Cyclic(Injection injection, long first, long period) {
            super(injection);
            this.first = first;
            this.period = period;
        }

        @Override
        void beginsToCount(long cycle, long retired) {
            next = later(cycle, first);
        }

        @Override
        boolean arrives(Core core, boolean fresh) {
            if (core.clock.now < next) {
                return false;
            }
            if (period == 0) {
                spent = true;
            } else {
                next += ((core.clock.now - next) / period + 1) * period;
            }
            return true;
        }

        @Override
        long due(Core core) {
            return spent ? Long.MAX_VALUE : next;
        }
    }

    /** At numbers of retired instructions, ascending. */
    private static final class AtSteps extends Pending {
        private final long[] steps;
        private int at;
        private long from = -1;

        AtSteps(Injection injection, long... steps) {
            super(injection);
            this.steps = steps;
        }

        @Override
        void beginsToCount(long cycle, long retired) {
            from = retired;
        }

        private long next() {
            return later(from, steps[at]);
        }

        @Override
        boolean arrives(Core core, boolean fresh) {
            if (from < 0 || core.retired < next()) {
                return false;
            }
            spent = ++at == steps.length;
            return true;
        }

        @Override
        long due(Core core) {
            boolean idle = core.state.activity != Activity.ACTIVE;
            // A processor that does not execute never gets there.
            return spent || from < 0 || idle && core.retired < next()
                    ? Long.MAX_VALUE
                    : later(core.clock.now, Math.max(0, next() - core.retired));
        }
    }

    /** Before the instruction at an address, the K-th time. */
    private static final class AtAddress extends Pending {
        private final long address;
        private long hitsLeft;

        AtAddress(Injection injection, long address, long hit) {
            super(injection);
            this.address = address;
            this.hitsLeft = hit;
        }

        @Override
        boolean arrives(Core core, boolean fresh) {
            if (!fresh || core.linearRip() != address) {
                return false;
            }
            spent = --hitsLeft == 0;
            return spent;
        }

        @Override
        long due(Core core) {
            return Long.MAX_VALUE;
        }
    }

    /** After the K-th retirement of a mnemonic, in the manual's or the disassembler's spelling. */
    private static final class AfterMnemonic extends Pending {
        private final String mnemonic;
        /** Those some or all of whose instructions have the name, so that no other instruction's need be asked for. */
        private final Opcode[] opcodes;

        private long hitsLeft;

        AfterMnemonic(Injection injection, String mnemonic, long hit) {
            super(injection);
            this.opcodes = InstructionSet.operations().stream()
                    .filter(operation -> Disassembly.names(operation).contains(mnemonic))
                    .toArray(Opcode[]::new);
            if (opcodes.length == 0) {
                throw new IllegalArgumentException("'" + injection.text() + "': unknown mnemonic '" + mnemonic
                        + "'; use one that 'nmi64 disasm' prints or the manual's, such as jne or iretq");
            }
            this.mnemonic = mnemonic;
            this.hitsLeft = hit;
        }

        @Override
        void executed(Instruction instruction) {
            for (Opcode opcode : opcodes) {
                if (instruction.opcode == opcode && isCalled(instruction)) {
                    hitsLeft--;
                    return;
                }
            }
        }

        private boolean isCalled(Instruction instruction) {
            return instruction.opcode.mnemonic().equals(mnemonic)
                    || Disassembly.name(instruction).equals(mnemonic);
        }

        @Override
        boolean arrives(Core core, boolean fresh) {
            spent = hitsLeft <= 0;
            return spent;
        }

        @Override
        long due(Core core) {
            return Long.MAX_VALUE;
        }
    }
}
