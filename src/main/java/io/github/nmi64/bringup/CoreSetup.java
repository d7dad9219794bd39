package io.github.nmi64.bringup;

import io.github.nmi64.state.CpuState;
import java.util.List;
import java.util.Map;
import java.util.function.ObjLongConsumer;

/**
 * How to go on from a dump.
 *
 * @param steps how many steps the program makes before the run ends
 * @param keepsHandlers whether the kernel's NMI handlers run
 * @param registers values of registers that dumps lack, by the {@link #names}
 * @param pokes other bytes of the kernel
 */
public record CoreSetup(long steps, boolean keepsHandlers, Map<String, Long> registers, List<Poke> pokes) {
    private static final Map<String, ObjLongConsumer<CpuState>> REGISTERS = Map.ofEntries(
            Map.entry("cstar", (state, value) -> state.cstar = value),
            Map.entry("efer", (state, value) -> state.efer = value),
            Map.entry("fmask", (state, value) -> state.fmask = value),
            Map.entry("lstar", (state, value) -> state.lstar = value),
            Map.entry("pat", (state, value) -> state.pat = value),
            Map.entry("spec_ctrl", (state, value) -> state.specCtrl = value),
            Map.entry("star", (state, value) -> state.star = value),
            Map.entry("sysenter_cs", (state, value) -> state.sysenterCs = value),
            Map.entry("sysenter_eip", (state, value) -> state.sysenterEip = value),
            Map.entry("sysenter_esp", (state, value) -> state.sysenterEsp = value),
            Map.entry("tsc_aux", (state, value) -> state.tscAux = value));

    /** @throws BringupException if a register is not one of the {@link #names} */
    public CoreSetup {
        registers = Map.copyOf(registers);
        pokes = List.copyOf(pokes);
        for (String name : registers.keySet()) {
            if (!REGISTERS.containsKey(name)) {
                throw new BringupException("unknown register '" + name + "'; known are " + String.join(", ", names()));
            }
        }
    }

    /** The registers that can be given, by the names that assertions use. */
    public static List<String> names() {
        return REGISTERS.keySet().stream().sorted().toList();
    }

    void into(CpuState state) {
        REGISTERS.forEach((name, setter) -> {
            Long value = registers.get(name);
            if (value != null) {
                setter.accept(state, value);
            }
        });
    }
}
