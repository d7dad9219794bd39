package io.github.nmi64.oracle;

import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What each KVM backend is known to do differently, with its reason. Every other difference is an error. */
final class KvmDifferences {
    /** The backend of which the differences below were listed. */
    static final String JUDGED = "kvm_pvm";

    /** Vectors from here on are INT n, as KVM is given NMIs only. */
    private static final int FIRST_OF_SOFTWARE = 32;

    private static final Set<Integer> SELECTOR_FAULTS = Set.of(Vector.NP, Vector.SS, Vector.GP);
    /** Contributory exceptions and page faults: SDM vol. 3, table 6-4. */
    private static final Set<Integer> NOT_BENIGN =
            Set.of(Vector.DE, Vector.DF, Vector.TS, Vector.NP, Vector.SS, Vector.GP, Vector.PF);
    /** In an error code: the index is one of the IDT. */
    private static final int IN_IDT = 2;

    private static final String LTR_AX = "0f00d8";

    /** {@code kvm_pvm} emulates supervisor code in software: at CPL 0 it is another opinion, not silicon. */
    private static final List<KnownDifference> SOFTWARE = List.of(
            new KnownDifference(
                            "a page fault during the delivery of a page fault leaves CR2 alone",
                            "each page fault loads CR2, SDM vol. 3, 6.15, interrupt 14; TP-122",
                            KnownDifference.Effect.STOP,
                            KvmDifferences::readsSecondFaultAddress)
                    .seenIn("cpu/double-fault-on-ist"),
            new KnownDifference(
                            "an IRET that faults keeps NMIs blocked",
                            "execution of IRET unblocks, even if it faults: SDM vol. 3, 6.7.1; TP-010",
                            KnownDifference.Effect.STOP,
                            KvmDifferences::blockedAfterFaultingIret)
                    .seenIn("cpu/iretq-fault-unblocks"),
            new KnownDifference(
                            "an IST is read from a TSS whose limit does not reach it",
                            "#TS, SDM vol. 3, 6.15, interrupt 10; TP-093",
                            KnownDifference.Effect.STOP,
                            KvmDifferences::readsBeyondTask)
                    .seenIn("catalogue/b29-cr2-before-state-left", "nmi@step=571,from=reset"),
            new KnownDifference(
                            "breakpoints in DR0 to DR3 never hit",
                            "a store to a watched address is #DB behind it: SDM vol. 3, 17.3.1.2; TP-172",
                            KnownDifference.Effect.STOP,
                            KvmDifferences::hitsBreakpoint)
                    .seenIn("catalogue/b42-watched-nmi-stack", "nmi@step=586,from=reset"),
            new KnownDifference(
                            "stepped, a REP that overwrites itself is fetched anew behind its first iteration",
                            "nothing is fetched between iterations: SDM vol. 2, REP, operation; TP-218",
                            KnownDifference.Effect.STOP,
                            KvmDifferences::overwritesItself)
                    .seenIn("cpu/rep-overwrites-itself"),
            new KnownDifference(
                            "SYSCALL clears the RPL of SS",
                            "IA32_STAR[47:32] + 8 as it is: SDM vol. 2, SYSCALL, operation; TP-183",
                            KnownDifference.Effect.STOP,
                            KvmDifferences::clearsRplAtSyscall)
                    .seenIn("cpu/syscall-ss-rpl"),
            new KnownDifference(
                    "at CPL 3 a selector is looked up in the host's descriptor table",
                    "it names a descriptor of the guest's: SDM vol. 2, MOV; TP-209",
                    KnownDifference.Effect.STOP,
                    KvmDifferences::selectsFromHost),
            new KnownDifference(
                    "a gate that is not present makes a benign exception a double fault",
                    "only a contributory exception or a page fault does: SDM vol. 3, table 6-5; TP-124, TP-125",
                    KnownDifference.Effect.STOP,
                    KvmDifferences::benignDoubleFault),
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
    private static final List<KnownDifference> PLACEMENT = List.of(
            new KnownDifference(
                    "an instruction leaves other flags that are undefined behind it",
                    "each processor its own, SDM vol. 2, by name; TP-249",
                    KnownDifference.Effect.STOP,
                    KvmDifferences::leavesOtherFlags),
            new KnownDifference(
                    "CR3 names another place",
                    "where the page tables of reset lie is nobody's business (docs/machine.md)",
                    KnownDifference.Effect.STOP,
                    KvmDifferences::readsPageTableRoot),
            new KnownDifference(
                    "a model-specific register that nmi64 does not have can be read or written",
                    "which ones exist is the model's, the others are #GP(0): SDM vol. 2, RDMSR; TP-194",
                    KnownDifference.Effect.STOP,
                    KvmDifferences::hasModelSpecificRegister));

    private KvmDifferences() {}

    /** True if it depends on the processor, not on who runs it, whether the two differ here. */
    static boolean isOfProcessor(String reason) {
        return reason.equals(PLACEMENT.get(0).reason());
    }

    /** Behind an instruction, or in the frame of an event right behind it. */
    private static boolean leavesOtherFlags(MachineDifference difference) {
        if (difference.before().isEmpty()
                || !(difference.before().get(difference.before().size() - 1) instanceof MachineLine.Executed last)) {
            return false;
        }
        CpuCase executed = new CpuCase();
        executed.code = HexFormat.of().parseHex(difference.image().codeAt(last.rip(), Decoder.MAX_LENGTH));
        System.arraycopy(last.gpr(), 0, executed.gpr, 0, executed.gpr.length);
        long undefined = Comparison.decode(executed)
                .map(instruction -> UndefinedFlags.of(instruction, executed))
                .orElse(0L);
        return undefined != 0 && (differingFlags(difference) & ~undefined) == 0 && differingFlags(difference) != 0;
    }

    /** Bits of RFLAGS that differ if nothing else does, else none. */
    private static long differingFlags(MachineDifference difference) {
        if (difference.only("rflags")
                && difference.ours() instanceof MachineLine.Executed ours
                && difference.theirs() instanceof MachineLine.Executed theirs) {
            return (ours.rflags() ^ theirs.rflags()) & ~Rflags.RF;
        }
        boolean frames = difference.only("frame.rflags");
        return frames
                        && difference.ours() instanceof MachineLine.Event ours
                        && difference.theirs() instanceof MachineLine.Event theirs
                        && ours.pushed() != null
                        && theirs.pushed() != null
                ? ours.pushed()[2] ^ theirs.pushed()[2]
                : 0;
    }

    private static boolean readsPageTableRoot(MachineDifference difference) {
        return difference.image().codeAt(difference.executed(0).rip(), 3).matches("0f20d[89a-f]");
    }

    private static boolean hasModelSpecificRegister(MachineDifference difference) {
        return difference.ours() instanceof MachineLine.Event fault
                && fault.vector() == Vector.GP
                && completes(fault, difference.theirs(), difference.image())
                && difference.image().codeAt(fault.pushed()[0], 2).matches("0f3[02]");
    }

    /** Whether the instruction at which one machine faults retires in the other. */
    private static boolean completes(MachineLine.Event fault, MachineLine other, MachineImage image) {
        return fault.pushed() != null
                && !image.codeAt(fault.pushed()[0], 1).isEmpty()
                && other instanceof MachineLine.Executed executed
                && executed.rip() == fault.pushed()[0];
    }

    /** Those of a kernel module; the others than {@code kvm_pvm} run the guest on the processor. */
    static List<KnownDifference> of(String backend) {
        return backend.equals(JUDGED)
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

    private static boolean clearsRplAtSyscall(MachineDifference difference) {
        return difference.only("ss")
                && difference.image().codeAt(difference.executed(0).rip(), 2).equals("0f05");
    }

    private static boolean faultingIret(MachineDifference difference) {
        return difference.ours() instanceof MachineLine.Event fault
                && fault.pushed() != null
                && fault.pushed()[1] % 4 == 0
                && difference.image().codeAt(fault.pushed()[0], 2).matches("48cf|cf..")
                && (difference.only("error", "vector", "frame")
                        || difference.theirs() instanceof MachineLine.Executed theirs
                                && theirs.rip() == fault.pushed()[0]);
    }

    /** An NMI between LIDT and LTR, which follows in the set-up of fixtures: nmi64 shuts down for want of a stack. */
    private static boolean readsBeyondTask(MachineDifference difference) {
        return difference.ours() instanceof MachineLine.Ended ours
                && ours.outcome().equals("shutdown")
                && difference.theirs() instanceof MachineLine.Event theirs
                && theirs.pushed() != null
                && difference.image().codeAt(theirs.pushed()[0], 7).contains(LTR_AX);
    }

    private static boolean hitsBreakpoint(MachineDifference difference) {
        return difference.ours() instanceof MachineLine.Event hit
                && hit.vector() == Vector.DB
                && completes(hit, difference.theirs(), difference.image())
                && (hit.pushed()[2] & Rflags.TF) == 0;
    }

    /** MOV to a segment register that faults in one machine only. */
    private static boolean selectsFromHost(MachineDifference difference) {
        return refusesSelector(difference.ours(), difference.theirs(), difference.image())
                || refusesSelector(difference.theirs(), difference.ours(), difference.image());
    }

    private static boolean refusesSelector(MachineLine line, MachineLine other, MachineImage image) {
        return line instanceof MachineLine.Event fault
                && SELECTOR_FAULTS.contains(fault.vector())
                && completes(fault, other, image)
                && fault.pushed()[1] % 4 == 3
                && image.codeAt(fault.pushed()[0], 1).equals("8e");
    }

    private static boolean benignDoubleFault(MachineDifference difference) {
        return difference.ours() instanceof MachineLine.Event ours
                && difference.theirs() instanceof MachineLine.Event theirs
                && ours.vector() == Vector.NP
                && theirs.vector() == Vector.DF
                && ours.error() != null
                && (ours.error() & IN_IDT) != 0
                && !NOT_BENIGN.contains((int) (ours.error() >>> 3));
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
                && difference.image().codeAt(difference.executed(0).rip(), 2).matches("8c(c0|d8|e0|e8)");
    }

    /** The trap of TF interrupts it, which the tool's stepping does and nmi64's does not. */
    private static boolean overwritesItself(MachineDifference difference) {
        MachineLine.Executed begun = difference.executed(0);
        return difference.image().codeAt(begun.rip(), 2).equals("f3aa") && begun.gpr()[Gpr.RDI] == begun.rip();
    }

    private static MachineLine.@Nullable Event lastEvent(MachineDifference difference) {
        MachineLine.Event last = null;
        for (MachineLine line : difference.before()) {
            last = line instanceof MachineLine.Event event ? event : last;
        }
        return last;
    }
}
