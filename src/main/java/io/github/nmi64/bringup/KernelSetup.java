package io.github.nmi64.bringup;

import java.util.List;

/**
 * How a kernel is to be run.
 *
 * @param victim what events interrupt
 * @param handler what the kernel calls at an NMI
 * @param pokes defects to plant in the kernel, in this order, after everything else
 */
public record KernelSetup(Victim victim, Handler handler, List<Poke> pokes) {
    public KernelSetup {
        pokes = List.copyOf(pokes);
    }
}
