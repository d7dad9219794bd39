package io.github.nmi64.run;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.machine.AddressSpace;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.memory.Page;
import io.github.nmi64.segmentation.TaskStacks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The stacks a kernel runs on: those a fixture declares, and those that the TSS and the stack pointer of reset point to,
 * which reach down to the symbol below their top. So an image without directives has stacks, too.
 */
final class KernelStacks {
    private static final int IST_ENTRIES = 7;
    /** How far down an undeclared stack reaches at most. */
    private static final long LARGEST = AddressSpace.STACK_SIZE;

    private final Machine machine;
    private final SymbolTable symbols;
    private final List<Region> nmiStacks;
    private final List<MappedRegion> declared = new ArrayList<>();
    /** Stacks that are not declared, by their tops. */
    private final Map<Long, MappedRegion> found = new HashMap<>();
    /** The stacks as of the last look: a matter of the machine's state alone. */
    private final List<MappedRegion> stacks = new ArrayList<>();

    /** 0 if the machine begins in user mode, whose stack is none of the kernel's. */
    private final long topAtReset;
    /** Tops the TSS has: RSP0 first, then the interrupt stack table; 0 where there is none. */
    private final long[] tops = new long[1 + IST_ENTRIES];

    /** Of a machine at reset. */
    KernelStacks(Machine machine, Fixture fixture) {
        this.machine = machine;
        this.symbols = fixture.image().symbols();
        this.nmiStacks = fixture.directives().landmarks().istStack().stream().toList();
        fixture.directives().check().stacks().forEach(stack -> declared.add(new MappedRegion(machine, stack)));
        this.topAtReset = machine.state().cpl == 0 ? machine.state().gpr[Gpr.RSP] : 0;
        find();
    }

    /** Looks into the TSS. */
    void find() {
        stacks.clear();
        stacks.addAll(declared);
        if (topAtReset != 0) {
            add(topAtReset);
        }
        for (int i = 0; i < tops.length; i++) {
            tops[i] = pointer(i == 0 ? TaskStacks.RSP0 : TaskStacks.interruptOffset(i));
            if (tops[i] != 0) {
                add(tops[i]);
            }
        }
    }

    /** All but the NMI stack, as of the last {@link #find}. */
    List<MappedRegion> all() {
        return stacks;
    }

    /** True if an entry of the interrupt stack table points into the stack. */
    boolean isInterruptStack(Region stack) {
        for (int i = 1; i < tops.length; i++) {
            if (isOn(stack, tops[i])) {
                return true;
            }
        }
        return false;
    }

    private long pointer(int offset) {
        long base = machine.state().segments.base[Segment.TR];
        if (base == 0 || offset + 7 > machine.state().segments.limit[Segment.TR]) {
            return 0;
        }
        return doubleword(base + offset) | doubleword(base + offset + 4) << 32;
    }

    /** Four bytes that cross no page if the TSS is aligned; a debugger's look, which no dead byte notices. */
    private long doubleword(long linear) {
        OptionalLong physical = machine.translate(linear);
        int offset = (int) linear & Page.SIZE - 1;
        return physical.isEmpty() || offset > Page.SIZE - 4
                ? 0
                : machine.memory().page(physical.getAsLong() >>> 12).load32(offset);
    }

    private void add(long top) {
        for (MappedRegion stack : stacks) {
            if (isOn(stack.region(), top)) {
                return;
            }
        }
        for (Region stack : nmiStacks) {
            if (isOn(stack, top)) {
                return;
            }
        }
        stacks.add(found.computeIfAbsent(top, this::stackBelow));
    }

    private MappedRegion stackBelow(long top) {
        long lowest = symbols.nearest(top - 1)
                .map(place -> place.symbol().address())
                .filter(address -> top - address <= LARGEST)
                .orElse(top - LARGEST);
        return new MappedRegion(machine, new Region(lowest, top));
    }

    private static boolean isOn(Region stack, long pointer) {
        return pointer - stack.start() > 0 && pointer - stack.end() <= 0;
    }
}
