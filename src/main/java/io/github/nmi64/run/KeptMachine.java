package io.github.nmi64.run;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.memory.Page;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Register;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A machine as it was when a program was interrupted, to tell what is different when the program goes on. */
final class KeptMachine {
    /** Differences that are told; of more, only their number. */
    private static final int MOST = 3;

    /** What delivering an event without a change of stacks pushes at most, and what aligning RSP before takes. */
    private static final int LARGEST_FRAME = 48 + 15;

    private final Machine machine;
    private final Fixture fixture;
    private final DifferenceTeller teller;
    private final StoreLog stores;
    private final CpuState before = new CpuState();
    private PhysicalMemory.@Nullable Snapshot memoryBefore;
    private long sentBefore;
    private long serialBefore;
    private int divisorBefore;

    KeptMachine(Machine machine, Fixture fixture, DifferenceTeller teller, StoreLog stores) {
        this.machine = machine;
        this.stores = stores;
        this.fixture = fixture;
        this.teller = teller;
    }

    void keep() {
        before.copyFrom(machine.state());
        memoryBefore = machine.memory().snapshot();
        machine.core().memory.flush(); // pages that were plain to write are shared now
        sentBefore = machine.ports().sent();
        serialBefore = machine.ports().serialRegisters();
        divisorBefore = machine.ports().divisor();
        stores.clear();
    }

    /**
     * The quadwords that differ if that is all that does and handlers have only added to each of them in place; else none.
     *
     * @param isMessage whether a system register does not count, by its index
     * @param isStack whether a quadword is part of a stack, which holds no counter
     */
    List<Long> counters(LongPredicate isLeftOut, Predicate<String> isMessage, LongPredicate isStack) {
        List<Long> quadwords = quadwords(isLeftOut);
        boolean areCounters = otherDifferences(isMessage).isEmpty()
                && quadwords.stream().allMatch(quadword -> {
                    StoreLog.Store last = stores.last(quadword);
                    return last != null && last.onlyAdds() && !isStack.test(quadword);
                });
        return areCounters ? quadwords : List.of();
    }

    private List<String> otherDifferences(Predicate<String> isMessage) {
        List<String> all = new ArrayList<>();
        registers(all, isMessage);
        boolean isSilent = !fixture.directives().check().handlerOutput();
        if (isSilent && sentBefore != machine.ports().sent()) {
            all.add("output was sent to a device");
        }
        tell(all, "serial port registers", serialBefore, machine.ports().serialRegisters());
        tell(all, "serial port divisor", divisorBefore, machine.ports().divisor());
        return all;
    }

    /**
     * What differs, registers first; quadwords for which {@code isLeftOut} do not count, nor system registers for whose index
     * {@code isMessage}.
     */
    String difference(LongPredicate isLeftOut, Predicate<String> isMessage) {
        List<String> all = otherDifferences(isMessage);
        boolean onlyMemory = all.isEmpty();
        List<Long> quadwords = quadwords(isLeftOut);
        quadwords.forEach(quadword -> all.add(memory(quadword)));
        String told = String.join("; ", all.subList(0, Math.min(MOST, all.size())));
        String more = all.size() > MOST ? "; and " + (all.size() - MOST) + " more" : "";
        return told + more + (onlyMemory && !quadwords.isEmpty() ? advice(quadwords) : "");
    }

    /** A sentence if the program reads a quadword that was something else when it was interrupted; else nothing. */
    String readOf(long quadword) {
        PhysicalMemory.Snapshot then = memoryBefore;
        if (then == null || valueIn(then.page(quadword >>> 12), quadword) == now(quadword)) {
            return "";
        }
        return "the program reads what was not compared: " + memory(quadword);
    }

    private void registers(List<String> all, Predicate<String> isMessage) {
        CpuState now = machine.state();
        for (Register register : Register.all()) {
            if (!isMessage.test(register.name())) {
                long ignored = register.name().equals("rflags") ? Rflags.RF : 0;
                tell(all, register.name(), register.in(before) & ~ignored, register.in(now) & ~ignored);
            }
        }
        if (before.interrupts.nmiBlocked != now.interrupts.nmiBlocked) {
            all.add(now.interrupts.nmiBlocked ? "NMIs are still blocked" : "NMIs are no longer blocked");
        }
    }

    private static void tell(List<String> all, String name, long before, long now) {
        if (before != now) {
            all.add(name + " was " + Hex.of(before) + " and is " + Hex.of(now));
        }
    }

    private List<Long> quadwords(LongPredicate isLeftOut) {
        List<Long> quadwords = new ArrayList<>();
        PhysicalMemory.Snapshot then = memoryBefore;
        for (long number = 0; then != null && number < machine.memory().pages(); number++) {
            Page was = then.page(number);
            Page is = machine.memory().page(number);
            for (int offset = 0; was != is && offset < Page.SIZE; offset += 8) {
                long quadword = number << 12 | offset;
                if (was.seen(offset) != is.seen(offset) && !isLeftOut.test(quadword)) {
                    quadwords.add(quadword);
                }
            }
        }
        return quadwords;
    }

    private static long valueIn(Page page, long quadword) {
        return page.load64((int) quadword & Page.SIZE - 1);
    }

    private long now(long quadword) {
        return valueIn(machine.memory().page(quadword >>> 12), quadword);
    }

    private String memory(long quadword) {
        PhysicalMemory.Snapshot then = memoryBefore;
        OptionalLong linear = machine.linear(fixture.image(), quadword);
        String was = then == null ? "unknown" : Hex.of(valueIn(then.page(quadword >>> 12), quadword));
        String name = linear.isPresent() ? teller.name(linear.getAsLong()) : "physical " + Hex.of(quadword);
        StoreLog.Store last = stores.last(quadword);
        String writer = last == null ? "" : "step " + last.step() + ", " + teller.name(last.rip());
        boolean isGone = machine.memory().marks().isDead(quadword);
        return "[" + name + "] was " + was + " and is " + (isGone ? "popped" : Hex.of(now(quadword)))
                + (writer.isEmpty() ? "" : ", last written at " + writer);
    }

    /** If handlers keep something in memory of their own, they have to say so. */
    private String advice(List<Long> quadwords) {
        OptionalLong first = machine.linear(fixture.image(), quadwords.get(0));
        OptionalLong last = machine.linear(fixture.image(), quadwords.get(quadwords.size() - 1));
        if (first.isEmpty() || last.isEmpty()) {
            return "";
        }
        long belowRsp = machine.state().gpr[Gpr.RSP] - last.getAsLong();
        if (machine.state().cpl == 0 && belowRsp > 0 && belowRsp <= LARGEST_FRAME) {
            return " (below RSP: if this is a stack of the kernel, directive \"stack LOW TOP\" says so)";
        }
        if (quadwords.size() > MOST
                || !fixture.directives().check().victimData().isEmpty()) {
            return "";
        }
        String start = teller.name(first.getAsLong());
        String end = teller.name(last.getAsLong() + Long.BYTES);
        boolean areExpressions = !start.contains(" ") && !end.contains(" ");
        return areExpressions
                ? " (if that is the handler's own: directive \"handler-data " + start + " " + end + "\")"
                : "";
    }
}
