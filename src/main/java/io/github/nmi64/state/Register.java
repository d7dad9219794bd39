package io.github.nmi64.state;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * A register by the name that assertions, expectations and results use. There is one for every register of
 * {@link CpuState}, hidden parts included, but the time-stamp counter, which is no part of a state's identity, and the event
 * unit.
 *
 * @param name lower case: {@code rax}, {@code fs_base}, {@code idt_limit}
 */
public record Register(String name, ToLongFunction<CpuState> reader) {
    private static final Map<String, Register> BY_NAME = table();

    /** The names, those of general registers first. */
    public static final Set<String> NAMES = Collections.unmodifiableSet(BY_NAME.keySet());

    /** All of them, in the order of the names. */
    public static Collection<Register> all() {
        return Collections.unmodifiableCollection(BY_NAME.values());
    }

    /**
     * The register of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Register named(String name) {
        Register register = BY_NAME.get(name);
        if (register == null) {
            throw new IllegalArgumentException("no register '" + name + "'");
        }
        return register;
    }

    /** Its value in a state; selectors, limits and access rights are zero-extended. */
    public long in(CpuState state) {
        return reader.applyAsLong(state);
    }

    private static Map<String, Register> table() {
        Map<String, Register> table = new LinkedHashMap<>();
        for (int i = 0; i < Gpr.COUNT; i++) {
            int register = i;
            add(table, Gpr.NAMES.get(i), state -> state.gpr[register]);
        }
        add(table, "rip", state -> state.rip);
        add(table, "rflags", state -> state.rflags);
        add(table, "cpl", state -> state.cpl);
        for (int i = 0; i < Segment.COUNT; i++) {
            int register = i;
            String name = Segment.NAMES.get(i);
            add(table, name, state -> state.segments.selector[register]);
            add(table, name + "_base", state -> state.segments.base[register]);
            add(table, name + "_limit", state -> state.segments.limit[register]);
            add(table, name + "_rights", state -> state.segments.rights[register] & 0xffff_ffffL);
        }
        add(table, "gdt_base", state -> state.gdtBase);
        add(table, "gdt_limit", state -> state.gdtLimit & 0xffff_ffffL);
        add(table, "idt_base", state -> state.idtBase);
        add(table, "idt_limit", state -> state.idtLimit & 0xffff_ffffL);
        add(table, "cr0", state -> state.cr0);
        add(table, "cr2", state -> state.cr2);
        add(table, "cr3", state -> state.cr3);
        add(table, "cr4", state -> state.cr4);
        add(table, "cr8", state -> state.cr8);
        for (int i = 0; i < 4; i++) {
            int register = i;
            add(table, "dr" + i, state -> state.dr[register]);
        }
        add(table, "dr6", state -> state.dr6);
        add(table, "dr7", state -> state.dr7);
        addModelSpecific(table);
        return table;
    }

    private static void addModelSpecific(Map<String, Register> table) {
        add(table, "efer", state -> state.efer);
        add(table, "star", state -> state.star);
        add(table, "lstar", state -> state.lstar);
        add(table, "cstar", state -> state.cstar);
        add(table, "fmask", state -> state.fmask);
        add(table, "kernel_gs_base", state -> state.kernelGsBase);
        add(table, "sysenter_cs", state -> state.sysenterCs);
        add(table, "sysenter_esp", state -> state.sysenterEsp);
        add(table, "sysenter_eip", state -> state.sysenterEip);
        add(table, "tsc_aux", state -> state.tscAux);
        add(table, "pat", state -> state.pat);
        add(table, "spec_ctrl", state -> state.specCtrl);
        add(table, "mcg_status", state -> state.mcgStatus);
    }

    private static void add(Map<String, Register> table, String name, ToLongFunction<CpuState> reader) {
        table.put(name, new Register(name, reader));
    }
}
