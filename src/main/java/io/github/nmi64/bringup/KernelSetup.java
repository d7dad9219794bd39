package io.github.nmi64.bringup;

import io.github.nmi64.kernel.CpuModel;
import java.util.List;

/**
 * How a kernel is to be run.
 *
 * @param victim what events interrupt
 * @param handler what the kernel calls at an NMI
 * @param cpu the processor it was booted on
 * @param pokes defects to plant in the kernel, in this order, after everything else
 */
public record KernelSetup(Victim victim, Handler handler, CpuModel cpu, List<Poke> pokes) {
    public KernelSetup {
        pokes = List.copyOf(pokes);
    }
}
