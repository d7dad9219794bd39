package io.github.nmi64.bringup;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.bits.Sha256;
import io.github.nmi64.dump.CoreFile;
import io.github.nmi64.dump.CoreFormatException;
import io.github.nmi64.dump.LinearView;
import io.github.nmi64.fixture.DirectiveText;
import io.github.nmi64.fixture.Dump;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.ElfImage;
import io.github.nmi64.image.LoadSegment;
import io.github.nmi64.image.Symbol;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.kernel.KernelSymbol;
import io.github.nmi64.kernel.LiveKernel;
import io.github.nmi64.segmentation.TaskStacks;
import io.github.nmi64.state.CpuState;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Makes a fixture of a machine that was stopped while it ran Linux: the program is whatever ran, and what is to be said about
 * the entry comes from the processor's own tables and from the kernel's names in memory.
 */
public final class CoreFixture {
    private static final long LARGEST_IST_STACK = 64 << 10;
    private static final long PER_CPU_END = 1 << 24;
    private static final long USER_END = 1L << 47;
    private static final int PAGE = 4096;
    /** In CR3, with page-table isolation: the user's tables are the page behind the kernel's. */
    private static final long USER_TABLES = 1 << 12;

    private static final String IGNORED =
            "the kernel ignores NMIs behind its entry: 'ignore_nmis' was set, so no handler of it runs";

    private final String name;
    private final CoreFile.Contents contents;
    private final CpuState state;
    private final LinearView view;
    private final long tables;
    private final LiveKernel kernel;
    private final long kernelGs;
    private final List<Symbol> symbols = new ArrayList<>();
    private final List<LoadSegment> segments = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();

    private CoreFixture(String name, CoreFile.Contents contents, CoreSetup setup) {
        this.name = name;
        this.contents = contents;
        this.state = contents.state();
        this.kernelGs = state.cpl == 0 ? state.segments.base[Segment.GS] : state.kernelGsBase;
        this.view = view();
        this.tables = view.tables();
        long entry = gate(Vector.NMI);
        this.kernel = LiveKernel.around(name, entry, view::page);
        long expected = address("asm_exc_nmi");
        if (expected != entry) {
            throw refused("is of no kernel that nmi64 knows: NMIs go to " + Hex.of(entry) + ", but asm_exc_nmi is at "
                    + Hex.of(expected));
        }
        refuseInsideNmi();
        guessRegisters();
        setup.into(state);
        setup.pokes().forEach(this::poke);
        writeDirectives(setup);
    }

    /**
     * Reads a dump.
     *
     * @param outside directives that replace those made here
     * @throws CoreFormatException if it cannot be gone on from
     * @throws io.github.nmi64.kernel.KernelFormatException if no kernel's names are found in it
     */
    public static Fixture of(Path file, CoreSetup setup, List<DirectiveText> outside) {
        CoreFixture fixture = new CoreFixture(file.toString(), CoreFile.load(file), setup);
        Fixture named = Fixture.of(fixture.image(), outside);
        if (named.directives().cr4() != 0 || !named.directives().mappings().isEmpty()) {
            throw fixture.refused("has page tables and a CR4 of its own: directives of these are not for it");
        }
        return named.goingOnFrom(new Dump(fixture.contents.memory().snapshot(), fixture.state, fixture.tables));
    }

    private CoreFormatException refused(String problem) {
        return new CoreFormatException(name, problem);
    }

    /** Memory as the kernel maps it: where the kernel isolates its tables, a program runs under others. */
    private LinearView view() {
        LinearView own = new LinearView(contents.memory(), state.cr3);
        if (state.cpl == 0 || (state.cr3 & USER_TABLES) == 0) {
            return own;
        }
        LinearView kernels = new LinearView(contents.memory(), state.cr3 & ~USER_TABLES);
        OptionalLong idt = own.physical(state.idtBase);
        return idt.isPresent() && idt.equals(kernels.physical(state.idtBase)) ? kernels : own;
    }

    private long read(long linear, int bytes, String what) {
        return view.number(linear, bytes)
                .orElseThrow(() -> refused("has no " + what + ": " + Hex.of(linear) + " is not mapped"));
    }

    private long gate(int vector) {
        long at = state.idtBase + 16L * vector;
        if (16 * vector + 15 > state.idtLimit) {
            throw refused("was taken before there was a gate for NMIs");
        }
        long low = read(at, 8, "gate for NMIs");
        return read(at + 8, 4, "gate for NMIs") << 32 | low >>> 48 << 16 | low & 0xffff;
    }

    /** An entry of the interrupt stack table, from 1 on; 0 stands for RSP0. */
    private long taskStack(int number) {
        int offset = number == 0 ? TaskStacks.RSP0 : TaskStacks.interruptOffset(number);
        return read(state.segments.base[Segment.TR] + offset, 8, "task-state segment");
    }

    private long address(String symbol) {
        return kernel.find(symbol)
                .map(KernelSymbol::address)
                .orElseThrow(() -> refused("is of a kernel that has no '" + symbol + "'"));
    }

    private OptionalLong perCpu(String symbol) {
        return kernel.find(symbol)
                .filter(found -> found.isAbsolute() && found.address() < PER_CPU_END)
                .map(found -> OptionalLong.of(kernelGs + found.address()))
                .orElse(OptionalLong.empty());
    }

    /** The dump does not say whether NMIs are blocked; while none is handled they are not. */
    private void refuseInsideNmi() {
        OptionalLong running = perCpu("nmi_state");
        boolean isHandling = running.isPresent() && read(running.getAsLong(), 4, "nmi_state") != 0;
        long top = taskStack(nmiStack());
        long depth = top - state.gpr[Gpr.RSP];
        if (isHandling || state.cpl == 0 && depth >= 0 && depth <= LARGEST_IST_STACK) {
            throw refused("was taken while the kernel handled an NMI; take another one");
        }
    }

    private int nmiStack() {
        int number = (int) read(state.idtBase + 16L * Vector.NMI + 4, 1, "gate for NMIs") & 7;
        if (number == 0) {
            throw refused("has no stack of their own for NMIs (IST)");
        }
        return number;
    }

    /** What the dump lacks, as Linux sets it ({@code syscall_init}, {@code pat_init}). */
    private void guessRegisters() {
        state.star = 0x0023_0010_0000_0000L;
        state.lstar = address("entry_SYSCALL_64");
        state.cstar =
                kernel.find("entry_SYSCALL_compat").map(KernelSymbol::address).orElse(0L);
        state.fmask = 0x25_7fd5;
        state.sysenterCs = 0x10;
        state.sysenterEsp = taskStack(0);
        state.sysenterEip =
                kernel.find("entry_SYSENTER_compat").map(KernelSymbol::address).orElse(0L);
        state.pat = 0x0407_0506_0007_0106L;
    }

    private void poke(Poke poke) {
        byte[] bytes = poke.content();
        long at = address(poke.symbol()) + poke.offset();
        for (int i = 0; i < bytes.length; i++) {
            OptionalLong physical = view.physical(at + i);
            if (physical.isEmpty()) {
                throw refused("has no memory at " + Hex.of(at + i));
            }
            contents.memory().write(physical.getAsLong(), bytes, i, 1);
        }
        line("# %s+%d=%s".formatted(poke.symbol(), poke.offset(), Hex.bytes(bytes, 0, bytes.length)));
    }

    private void writeDirectives(CoreSetup setup) {
        boolean isUser = state.cpl == 3;
        line("title stopped in %s mode".formatted(isUser ? "user" : "kernel"));
        line("max-instructions 1000000");
        addKernel();
        addStacks();
        KernelDirectives.SLOTS.forEach((slot, offset) -> line("slot %s %d".formatted(slot, offset)));
        if (kernel.find("repeat_nmi").isPresent()
                && kernel.find("end_repeat_nmi").isPresent()) {
            line("repeat repeat_nmi end_repeat_nmi");
        }
        line("kernel-gs " + Hex.of(kernelGs));
        line("user 0x1000 " + Hex.of(USER_END - PAGE));
        line("window %1$s %1$s".formatted(Hex.of(state.rip)));
        line("steps " + setup.steps());
        statistics("nmi_stats", 0, kernel.size("nmi_stats"));
        OptionalLong count = kernel.offset("irq_cpustat_t", "__nmi_count");
        statistics("irq_stat", count.orElse(0), count.isPresent() ? OptionalLong.of(4) : count);
        for (String variable : KernelDirectives.ENTRY_DATA) {
            if (perCpu(variable).isPresent()) {
                line("handler-data cpu0.%1$s cpu0.%1$s+8".formatted(variable));
            }
        }
        line("assumes registers the dump lacks are as Linux sets them or as --msr says, and no breakpoint is set");
        alike().ifPresent(names -> line("assumes an entry that mixes up registers which are equal at the start is not"
                + " told by them: " + names));
        if (!setup.keepsHandlers()) {
            ignoreNmis();
        }
        if (isUser) {
            add("program", state.rip, true);
            region(state.rip & -PAGE, PAGE);
        }
    }

    /** General registers that share their value with another one. */
    private Optional<String> alike() {
        String names = IntStream.range(0, Gpr.COUNT)
                .filter(register -> Arrays.stream(state.gpr, 0, Gpr.COUNT)
                                .filter(value -> value == state.gpr[register])
                                .count()
                        > 1)
                .mapToObj(Gpr.NAMES::get)
                .collect(Collectors.joining(", "));
        return names.isEmpty() ? Optional.empty() : Optional.of(names);
    }

    private void ignoreNmis() {
        OptionalLong flag = view.physical(address("ignore_nmis"));
        if (flag.isEmpty()) {
            throw refused("has no 'ignore_nmis' in memory");
        }
        contents.memory().write(flag.getAsLong(), new byte[] {1, 0, 0, 0}, 0, 4);
        line("assumes " + IGNORED);
        if (kernel.find("irqentry_nmi_enter").isPresent()
                && kernel.find("irqentry_nmi_exit").isPresent()) {
            line("handler irqentry_nmi_enter irqentry_nmi_exit");
            line("pt-regs rdi");
        }
        for (String function : KernelDirectives.UNEXPECTED) {
            kernel.find(function).ifPresent(found -> line("unexpected %1$s %1$s+1".formatted(function)));
        }
    }

    private void statistics(String variable, long offset, OptionalLong size) {
        OptionalLong at = perCpu(variable);
        if (at.isPresent() && size.isPresent()) {
            long start = at.getAsLong() + offset;
            line("statistics %s %s".formatted(Hex.of(start), Hex.of(start + size.getAsLong())));
        }
    }

    private void addKernel() {
        long first = -1;
        long last = Long.MIN_VALUE;
        long perCpu = 0;
        for (KernelSymbol symbol : kernel.symbols()) {
            boolean isGlobal = Character.isUpperCase(symbol.type());
            if (!symbol.isAbsolute()) {
                first = Math.min(first, symbol.address());
                last = Math.max(last, symbol.address());
                symbols.add(new Symbol(symbol.name(), symbol.address(), 0, isGlobal, symbol.isCode(), false));
            } else {
                symbols.add(new Symbol(symbol.name(), symbol.address(), 0, isGlobal, false, true));
                if (symbol.address() < PER_CPU_END) {
                    perCpu = Math.max(perCpu, symbol.address());
                    add("cpu0." + symbol.name(), kernelGs + symbol.address(), false);
                }
            }
        }
        region(first, last + 1 - first);
        region(kernelGs, perCpu + 1);
    }

    private void addStacks() {
        int ofNmis = nmiStack();
        for (int number = 1; number <= 7; number++) {
            long top = taskStack(number);
            boolean isThere = top != 0 && view.physical(top - 1).isPresent();
            if (number == ofNmis && !isThere) {
                throw refused("has no stack for NMIs: " + Hex.of(top) + " is not mapped");
            }
            if (isThere) {
                long low = view.lowestBelow(top, LARGEST_IST_STACK);
                stack(number == ofNmis ? "nmi" : "ist" + number, number == ofNmis ? "ist-stack" : "stack", low, top);
            }
        }
        long entry = taskStack(0);
        if (entry != 0) {
            stack("entry", "stack", entry - 1 & -PAGE, entry);
        }
        long thread = topOfThreadStack();
        stack("thread", "stack", view.lowestBelow(thread, KernelDirectives.THREAD_SIZE), thread);
    }

    /** A per-CPU variable of its own, or a member of one (6.2 to 6.13). */
    private long topOfThreadStack() {
        OptionalLong own = perCpu("cpu_current_top_of_stack");
        OptionalLong hot = perCpu("pcpu_hot");
        OptionalLong member = kernel.offset("pcpu_hot", "top_of_stack");
        if (own.isEmpty() && (hot.isEmpty() || member.isEmpty())) {
            throw refused("is of a kernel that does not tell where its threads' stacks are");
        }
        long at = own.orElseGet(() -> hot.getAsLong() + member.getAsLong());
        return read(at, 8, "top of the thread's stack");
    }

    private void stack(String stack, String directive, long low, long top) {
        add(stack + "_stack", low, false);
        add(stack + "_stack_top", top, false);
        region(low, top - low);
        line("%s %s %s".formatted(directive, Hex.of(low), Hex.of(top)));
    }

    private void add(String symbol, long address, boolean isFunction) {
        symbols.add(new Symbol(symbol, address, 0, true, isFunction, false));
    }

    /** Linear memory that is known by the symbols in it. */
    private void region(long start, long size) {
        boolean isFree = segments.stream()
                .allMatch(other -> Long.compareUnsigned(start - other.address(), other.memorySize()) >= 0
                        && Long.compareUnsigned(other.address() - start, size) >= 0);
        if (isFree) {
            segments.add(LoadSegment.of(start, new byte[0], size, 7));
        }
    }

    private void line(String directive) {
        text.append(directive).append('\n');
    }

    private ElfImage image() {
        String directives = text.toString();
        String print = new Sha256()
                .add(contents.sha256().getBytes(StandardCharsets.US_ASCII))
                .add(directives.getBytes(StandardCharsets.UTF_8))
                .text();
        return ElfImage.composed(name, state.rip, segments, symbols, directives, print);
    }
}
