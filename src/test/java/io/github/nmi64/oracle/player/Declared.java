package io.github.nmi64.oracle.player;

import io.github.nmi64.fixture.CheckPlan;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.schedule.InjectedEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a fixture declares, as far as a player believes it: where its window and its handler are, and whose memory is whose. */
final class Declared {
    private final CheckPlan plan;
    private final Optional<Region> handler;
    private final List<Region> own = new ArrayList<>();

    Declared(Fixture fixture) {
        plan = fixture.directives().check();
        handler = fixture.directives().landmarks().handler();
        fixture.directives().landmarks().istStack().ifPresent(own::add);
        own.addAll(plan.statistics());
        own.addAll(plan.handlerData());
    }

    /** True if handlers send to devices, too. */
    boolean sharesOutput() {
        return plan.handlerOutput();
    }

    Optional<CheckPlan.Window> window() {
        return plan.window();
    }

    boolean hasHandler() {
        return handler.isPresent();
    }

    boolean isHandlerStart(long rip) {
        return handler.isPresent() && handler.get().start() == rip;
    }

    /** The register that points at the saved registers when the handler starts, or -1. */
    int savedRegisters() {
        return plan.ptRegs().orElse(-1);
    }

    /** True if a kind of event may strike at an address, as far as regions say. */
    boolean isInRegion(InjectedEvent kind, long rip) {
        List<Region> regions = plan.regions(kind);
        return regions.isEmpty() || regions.stream().anyMatch(region -> region.contains(rip));
    }

    /**
     * True if a quadword need not be what it was when the program goes on: the entry's own, or below the stack pointer. What
     * the program reads there after all shows in its next states and stores.
     */
    boolean mayDiffer(long address, ProgramState program) {
        return own.stream().anyMatch(region -> region.contains(address))
                || plan.stacks().stream()
                        .anyMatch(stack -> stack.contains(address) && !isInUse(stack, address, program));
    }

    private static boolean isInUse(Region stack, long address, ProgramState program) {
        return program.cpl() == 0
                && stack.contains(program.rsp())
                && Long.compareUnsigned(address + 7, program.rsp()) >= 0;
    }
}
