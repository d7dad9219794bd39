package io.github.nmi64.state;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * Every register of {@link CpuState} by the name that assertions and expectations use; selectors, limits and access rights
 * are zero-extended. Not among them are the time-stamp counter, which is no part of a state's identity, and the event unit.
 */
public final class Registers {
    private static final Map<String, ToLongFunction<CpuState>> TABLE = table();

    /** The names, those of general registers first. */
    public static final Set<String> NAMES = Collections.unmodifiableSet(TABLE.keySet());

    private Registers() {}

    private static Map<String, ToLongFunction<CpuState>> table() {
        Map<String, ToLongFunction<CpuState>> table = new LinkedHashMap<>();
        for (int i = 0; i < Gpr.COUNT; i++) {
            int register = i;
            table.put(Gpr.NAMES.get(i), state -> state.gpr[register]);
        }
        table.put("rip", state -> state.rip);
        table.put("rflags", state -> state.rflags);
        table.put("cpl", state -> state.cpl);
        for (int i = 0; i < Segment.COUNT; i++) {
            int register = i;
            String name = Segment.NAMES.get(i);
            table.put(name, state -> state.segments.selector[register]);
            table.put(name + "_base", state -> state.segments.base[register]);
            table.put(name + "_limit", state -> state.segments.limit[register]);
            table.put(name + "_rights", state -> state.segments.rights[register] & 0xffff_ffffL);
        }
        table.put("gdt_base", state -> state.gdtBase);
        table.put("gdt_limit", state -> state.gdtLimit & 0xffff_ffffL);
        table.put("idt_base", state -> state.idtBase);
        table.put("idt_limit", state -> state.idtLimit & 0xffff_ffffL);
        table.put("cr0", state -> state.cr0);
        table.put("cr2", state -> state.cr2);
        table.put("cr3", state -> state.cr3);
        table.put("cr4", state -> state.cr4);
        table.put("cr8", state -> state.cr8);
        for (int i = 0; i < 4; i++) {
            int register = i;
            table.put("dr" + i, state -> state.dr[register]);
        }
        table.put("dr6", state -> state.dr6);
        table.put("dr7", state -> state.dr7);
        addModelSpecific(table);
        return table;
    }

    private static void addModelSpecific(Map<String, ToLongFunction<CpuState>> table) {
        table.put("efer", state -> state.efer);
        table.put("star", state -> state.star);
        table.put("lstar", state -> state.lstar);
        table.put("cstar", state -> state.cstar);
        table.put("fmask", state -> state.fmask);
        table.put("kernel_gs_base", state -> state.kernelGsBase);
        table.put("sysenter_cs", state -> state.sysenterCs);
        table.put("sysenter_esp", state -> state.sysenterEsp);
        table.put("sysenter_eip", state -> state.sysenterEip);
        table.put("tsc_aux", state -> state.tscAux);
        table.put("pat", state -> state.pat);
        table.put("spec_ctrl", state -> state.specCtrl);
        table.put("mcg_status", state -> state.mcgStatus);
    }

    /**
     * What reads a register.
     *
     * @throws IllegalArgumentException if there is no register of that name
     */
    public static ToLongFunction<CpuState> reader(String name) {
        ToLongFunction<CpuState> reader = TABLE.get(name);
        if (reader == null) {
            throw new IllegalArgumentException("no register '" + name + "'");
        }
        return reader;
    }
}
