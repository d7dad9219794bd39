package io.github.nmi64.bringup;

import io.github.nmi64.image.LoadSegment;
import io.github.nmi64.kernel.Btf;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The boot processor's CPU entry area: where the kernel maps what the processor needs to come into it, its descriptor tables and
 * TSS a second time and the stacks of entry code, with guard pages between them. Its address is that of a kernel without KASLR
 * ({@code Documentation/arch/x86/x86_64/mm.rst}).
 */
final class CpuEntryArea {
    static final long BASE = 0xffff_fe00_0000_0000L;
    /** Behind the IDT's page. */
    private static final long BOOT_PROCESSOR = BASE + 0x1000;

    private static final int WRITABLE = 6;
    private static final int PAGE = 4096;

    /** A stack: its name here, its member of {@code cea_exception_stacks}, and the member behind it. */
    private record IstStack(String name, String member, String guard) {}

    private static final List<IstStack> IST_STACKS = List.of(
            new IstStack("double_fault", "DF_stack", "NMI_stack_guard"),
            new IstStack("nmi", "NMI_stack", "DB_stack_guard"),
            new IstStack("debug", "DB_stack", "MCE_stack_guard"),
            new IstStack("machine_check", "MCE_stack", "VC_stack_guard"));

    private final Map<String, Long> names = new LinkedHashMap<>();
    private final List<LoadSegment> stacks = new ArrayList<>();
    private final List<Alias> aliases = new ArrayList<>();

    /**
     * Pages of the area that are those of a variable, too.
     *
     * @param start linear
     * @param end linear, exclusive
     * @param variable name of where they are otherwise
     */
    record Alias(long start, long end, String variable) {}

    CpuEntryArea(Btf types) {
        alias("idt_base", BASE, PAGE, "idt_table");
        alias("gdt_base", BOOT_PROCESSOR + offset(types, "cpu_entry_area", "gdt"), PAGE, "cpu0.gdt_page");
        alias(
                "tss_base",
                BOOT_PROCESSOR + offset(types, "cpu_entry_area", "tss"),
                types.size("tss_struct").orElse(PAGE) + PAGE - 1 & -PAGE,
                "cpu0.cpu_tss_rw");
        long exceptionStacks = BOOT_PROCESSOR + offset(types, "cpu_entry_area", "estacks");
        names.put("exception_stacks", exceptionStacks);
        stack(
                "entry",
                BOOT_PROCESSOR + offset(types, "cpu_entry_area", "entry_stack_page"),
                BOOT_PROCESSOR + offset(types, "cpu_entry_area", "tss"));
        for (IstStack stack : IST_STACKS) {
            stack(
                    stack.name,
                    exceptionStacks + offset(types, "cea_exception_stacks", stack.member),
                    exceptionStacks + offset(types, "cea_exception_stacks", stack.guard));
        }
    }

    private static long offset(Btf types, String structure, String member) {
        return types.offset(structure, member)
                .orElseThrow(() ->
                        new BringupException("the kernel has no struct " + structure + " with a member " + member));
    }

    private void stack(String name, long low, long top) {
        names.put(name + "_stack", low);
        names.put(name + "_stack_top", top);
        stacks.add(LoadSegment.of(low, new byte[0], top - low, WRITABLE));
    }

    private void alias(String name, long start, long size, String variable) {
        names.put(name, start);
        aliases.add(new Alias(start, start + size, variable));
    }

    /** Pages that are mapped here a second time. */
    List<Alias> aliases() {
        return aliases;
    }

    /** Linear addresses by name. */
    Map<String, Long> names() {
        return names;
    }

    /** The stacks, zeroed. Between them nothing is mapped. */
    List<LoadSegment> stacks() {
        return stacks;
    }
}
