package io.github.nmi64.oracle;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What each KVM backend is known to do differently, with its reason. Every other difference is an error. */
final class KvmDifferences {
    /** Vectors from here on are INT n, as KVM is given NMIs only. */
    private static final int FIRST_OF_SOFTWARE = 32;

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
                    KvmDifferences::blockedAfterFaultingIret),
            new KnownDifference(
                    "an IRET that stays at CPL 0 takes any descriptor for code, and looks at SS before CS",
                    "CS has to name code and is checked first: SDM vol. 2, IRET, RETURN-TO-SAME-PRIVILEGE-LEVEL",
                    KnownDifference.Effect.STOP,
                    KvmDifferences::faultingIret),
            new KnownDifference(
                    "the frame of a software interrupt at CPL 3 has RF set",
                    "a trap pushes RF as it is, and the guest had not set it: SDM vol. 3, 17.3.1.1",
                    KnownDifference.Effect.STOP,
                    KvmDifferences::softwareInterruptWithResumeFlag),
            new KnownDifference(
                    "a return to CPL 3 leaves DS, ES, FS and GS loaded with segments of the kernel",
                    "they become null: SDM vol. 2, IRET, RETURN-TO-OUTER-PRIVILEGE-LEVEL",
                    KnownDifference.Effect.STOP,
                    KvmDifferences::readsSegmentOfKernel),
            new KnownDifference(
                    "the backend gives up or never ends a step",
                    "it emulates a part of the instructions only; nothing to compare",
                    KnownDifference.Effect.STOP,
                    difference -> difference.theirs() instanceof MachineLine.Ended ended
                            && ended.outcome().equals("error")));

    /** What the contract of the machine leaves open, whoever runs it. */
    private static final List<KnownDifference> PLACEMENT = List.of(new KnownDifference(
            "CR3 names another place",
            "where the page tables of reset lie is nobody's business (docs/machine.md)",
            KnownDifference.Effect.STOP,
            KvmDifferences::readsPageTableRoot));

    private KvmDifferences() {}

    private static boolean readsPageTableRoot(MachineDifference difference) {
        return difference.image().codeAt(difference.executed(0).rip(), 3).matches("0f20d[89a-f]");
    }

    /** Those of a kernel module; the others than {@code kvm_pvm} run the guest on the processor. */
    static List<KnownDifference> of(String backend) {
        return backend.equals("kvm_pvm")
                ? Stream.concat(PLACEMENT.stream(), SOFTWARE.stream()).toList()
                : PLACEMENT;
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

    private static boolean faultingIret(MachineDifference difference) {
        return difference.ours() instanceof MachineLine.Event fault
                && fault.pushed() != null
                && fault.pushed()[1] % 4 == 0
                && difference.image().codeAt(fault.pushed()[0], 2).equals("48cf")
                && (difference.only("error", "vector", "frame")
                        || difference.theirs() instanceof MachineLine.Executed theirs
                                && theirs.rip() == fault.pushed()[0]);
    }

    private static boolean softwareInterruptWithResumeFlag(MachineDifference difference) {
        return difference.only("frame.rflags")
                && difference.ours() instanceof MachineLine.Event ours
                && difference.theirs() instanceof MachineLine.Event theirs
                && (ours.vector() == Vector.BP || ours.vector() >= FIRST_OF_SOFTWARE)
                && ours.pushed() != null
                && theirs.pushed() != null
                && ours.pushed()[1] % 4 == 3
                && (ours.pushed()[2] ^ theirs.pushed()[2]) == Rflags.RF;
    }

    /** MOV r32 from DS or GS, which is 0 here and a kernel selector there. */
    private static boolean readsSegmentOfKernel(MachineDifference difference) {
        return difference.only("rax")
                && difference.ours() instanceof MachineLine.Executed ours
                && difference.theirs() instanceof MachineLine.Executed theirs
                && ours.gpr()[Gpr.RAX] == 0
                && theirs.gpr()[Gpr.RAX] % 4 == 0
                && difference.image().codeAt(difference.executed(0).rip(), 2).matches("8c[de]8");
    }

    private static MachineLine.@Nullable Event lastEvent(MachineDifference difference) {
        MachineLine.Event last = null;
        for (MachineLine line : difference.before()) {
            last = line instanceof MachineLine.Event event ? event : last;
        }
        return last;
    }
}
