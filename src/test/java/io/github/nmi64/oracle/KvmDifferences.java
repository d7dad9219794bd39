package io.github.nmi64.oracle;

import java.util.List;

/** What each KVM backend is known to do differently, with its reason. Every other difference is an error. */
final class KvmDifferences {
    private static final List<KnownDifference> SOFTWARE = List.of();

    private KvmDifferences() {}

    /** Those of a kernel module; {@code kvm_pvm} emulates supervisor code, the others run it on the processor. */
    static List<KnownDifference> of(String backend) {
        return backend.equals("kvm_pvm") ? SOFTWARE : List.of();
    }
}
