package io.github.nmi64.bringup;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.kernel.Btf;
import io.github.nmi64.kernel.CpuModel;
import io.github.nmi64.kernel.KernelImage;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** What is to be said about a kernel's NMI entry, from the kernel's own symbols and types. */
final class KernelDirectives {
    /** Bytes of a kernel stack ({@code THREAD_SIZE} without KASAN). */
    static final int THREAD_SIZE = 16 << 10;

    /**
     * Words of the NMI stack below its top, as the comment in front of {@code asm_exc_nmi} draws them. They are the kernel's
     * agreement with itself in assembly, so no type tells them.
     */
    static final Map<String, Integer> SLOTS = Map.of(
            "original_rflags", -0x18,
            "original_cs", -0x20,
            "original_rip", -0x28,
            "nmi_executing", -0x38,
            "iret_rsp", -0x48,
            "iret_rip", -0x60,
            "outermost_rip", -0x88);

    /** Functions that say the kernel has met what must not be. */
    static final List<String> UNEXPECTED = List.of("panic", "oops_begin", "__warn", "exc_double_fault");

    /** Per-CPU quadwords in which the code behind the entry keeps what it found: nobody reads them after that. */
    static final List<String> ENTRY_DATA = List.of("last_nmi_rip", "nmi_cr2", "nmi_dr7");

    /** Bits of CR4 that booting sets for features of these names. */
    private static final List<String> CR4_FEATURES = List.of("fsgsbase", "smep", "smap", "umip");

    private final KernelImage kernel;
    private final CpuModel cpu;
    private final KernelNames names;
    private final Btf types;
    private final CpuEntryArea area;
    private final StringBuilder text = new StringBuilder();

    KernelDirectives(KernelImage kernel, CpuModel cpu, KernelNames names, Btf types, CpuEntryArea area) {
        this.kernel = kernel;
        this.cpu = cpu;
        this.names = names;
        this.types = types;
        this.area = area;
    }

    /** The lines, in the language of directives. */
    String text(long userEnd) {
        area.aliases()
                .forEach(alias ->
                        line("alias %s %s %s".formatted(Hex.of(alias.start()), Hex.of(alias.end()), alias.variable())));
        if (cpu.has("pti", kernel)) {
            userRoot();
        }
        line("ist-stack nmi_stack nmi_stack_top");
        SLOTS.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .forEach(slot -> line("slot %s %d".formatted(slot.getKey(), slot.getValue())));
        line("repeat repeat_nmi end_repeat_nmi");
        line("stack init_stack init_stack+" + Hex.of(THREAD_SIZE));
        for (String stack : List.of("entry", "double_fault", "debug", "machine_check")) {
            line("stack %1$s_stack %1$s_stack_top".formatted(stack));
        }
        line("cr4 mce"
                + CR4_FEATURES.stream()
                        .filter(feature -> cpu.has(feature, kernel))
                        .map(feature -> "," + feature)
                        .collect(Collectors.joining()));
        line("rules tsc=stopped"); // what reads it draws the offset of the next stack, or takes the time for statistics
        line("kernel-gs __per_cpu_load");
        line("pt-regs rsi"); // the second argument of an NMI handler
        line("handler " + Handler.START + " " + Handler.END);
        line("window window window_end");
        // The kernel lets nobody break in its entry code, nor in what runs with breakpoints off.
        line("check-region db,int3 nmi_handler nmi_handler_end");
        line("check-region db,int3 window window_end");
        if (userEnd > ObjectLoader.USER) {
            line("user user_start user_end");
        }
        for (String function : UNEXPECTED) {
            kernel.find(function)
                    .ifPresent(symbol ->
                            line("unexpected %s %s".formatted(function, Hex.of(kernel.nextGlobal(symbol.address())))));
        }
        // Counters of NMIs and of machine checks, which the code behind the entry only ever adds to.
        ofStructure("statistics", "nmi_stats", "nmi_stats");
        counter("irq_stat", types.offset("irq_cpustat_t", "__nmi_count"));
        region("statistics", "mce_exception_count", Integer.BYTES);
        // What the last one was like: whom it struck says something of the program.
        ENTRY_DATA.forEach(variable -> region("handler-data", variable, Long.BYTES));
        ofStructure("handler-data", "mces_seen", "mce");
        return text.toString();
    }

    /**
     * What user mode's page tables have of the kernel: the CPU entry area, the entry code, and the page of the TSS where a system
     * call leaves the user's stack pointer.
     */
    private void userRoot() {
        String both = "user-root %s %s";
        area.aliases().forEach(alias -> line(both.formatted(Hex.of(alias.start()), Hex.of(alias.end()))));
        area.stacks()
                .forEach(stack ->
                        line(both.formatted(Hex.of(stack.address()), Hex.of(stack.address() + stack.memorySize()))));
        line("user-root __entry_text_start __entry_text_end");
        line("user-root cpu0.cpu_tss_rw cpu0.cpu_tss_rw+"
                + Hex.of(types.size("tss_struct").orElse(0)));
    }

    /** All of a per-CPU variable of this structure, if the kernel has it. */
    private void ofStructure(String directive, String variable, String structure) {
        types.size(structure).ifPresent(size -> region(directive, variable, size));
    }

    private void region(String directive, String variable, long size) {
        if (names.find("cpu0." + variable).isPresent()) {
            line("%1$s cpu0.%2$s cpu0.%2$s+%3$s".formatted(directive, variable, Hex.of(size)));
        }
    }

    private void counter(String variable, OptionalLong offset) {
        if (names.find("cpu0." + variable).isPresent() && offset.isPresent()) {
            long start = offset.getAsLong();
            line("statistics cpu0.%1$s+%2$s cpu0.%1$s+%3$s".formatted(variable, Hex.of(start), Hex.of(start + 4)));
        }
    }

    private void line(String directive) {
        text.append(directive).append('\n');
    }
}
