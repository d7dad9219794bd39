package io.github.nmi64.oracle;

import io.github.nmi64.isa.Vector;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What each KVM backend is known to do differently, with its reason. Every other difference is an error. */
final class KvmDifferences {
    /** {@code kvm_pvm} emulates supervisor code in software: at CPL 0 it is another opinion, not silicon. */
    private static final List<KnownDifference> SOFTWARE = List.of(
            new KnownDifference(
                    "a page fault during the delivery of a page fault leaves CR2 alone",
                    "each page fault loads CR2, SDM vol. 3, 6.15, interrupt 14; TP-122",
                    KnownDifference.Effect.STOP,
                    KvmDifferences::readsSecondFaultAddress),
            new KnownDifference(
                    "an IRET that faults keeps NMIs blocked",
                    "execution of IRET unblocks, even if it faults: SDM vol. 3, 6.7.1; TP-010",
                    KnownDifference.Effect.STOP,
                    KvmDifferences::blockedAfterFaultingIret));

    private KvmDifferences() {}

    /** Those of a kernel module; the others than {@code kvm_pvm} run the guest on the processor. */
    static List<KnownDifference> of(String backend) {
        return backend.equals("kvm_pvm") ? SOFTWARE : List.of();
    }

    /** A register that differs after MOV from CR2 in the handler of a double fault. */
    private static boolean readsSecondFaultAddress(MachineDifference difference) {
        MachineLine.Event last = lastEvent(difference);
        return last != null
                && last.vector() == Vector.DF
                && difference.fields().size() == 1
                && difference.image().codeAt(difference.executed(0).rip(), 2).equals("0f20");
    }

    private static boolean blockedAfterFaultingIret(MachineDifference difference) {
        if (!(difference.theirs() instanceof MachineLine.Executed theirs) || !Boolean.TRUE.equals(theirs.blocked())) {
            return false;
        }
        boolean unblocked = difference.ours() instanceof MachineLine.Event event
                ? event.vector() == Vector.NMI && Boolean.TRUE.equals(theirs.latched())
                : difference.only("blocked");
        MachineLine.Event fault = lastEvent(difference);
        return unblocked
                && fault != null
                && fault.pushed() != null
                && difference.image().codeAt(fault.pushed()[0], 3).matches("(48|66)?cf.*");
    }

    private static MachineLine.@Nullable Event lastEvent(MachineDifference difference) {
        MachineLine.Event last = null;
        for (MachineLine line : difference.before()) {
            last = line instanceof MachineLine.Event event ? event : last;
        }
        return last;
    }
}
