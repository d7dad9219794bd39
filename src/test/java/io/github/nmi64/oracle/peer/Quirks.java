package io.github.nmi64.oracle.peer;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.state.Rflags;
import java.util.List;
import java.util.Set;

/** What each peer is known to do differently; every other difference is an error. */
final class Quirks {
    /** A quirk that only two bytes in quick succession show, which no fixture's own schedule makes it send. */
    static final String TRANSMITTER_BUSY = "the serial port's transmitter works on for a while after a byte";

    /** Shown by an NMI into a watched stack only, which no fixture's own schedule raises. */
    private static final String TRAP_TWICE = "stepped, the debug trap of a store is taken again behind its handler";

    /** What need not occur in a build. */
    static final Set<String> RARE = Set.of(TRANSMITTER_BUSY, TRAP_TWICE);

    private static final long USER_TEXT = 0x40_0000;
    private static final Set<String> POPPED_FIRST = Set.of("rdi", "rsi", "rbp");
    private static final long LINE_STATUS_IDLE = 0x40;
    private static final long RPL = 3;

    /** Stepped, an iteration at a time. */
    private static final Quirk FETCHES_AMID_REPETITION = new Quirk(
            "a REP that overwrites itself is fetched anew at each iteration",
            "nothing is fetched between iterations by SDM vol. 2, REP, operation; TP-218",
            Quirk.Effect.STOP,
            Quirks::fetchesAmidRepetition);

    /** QEMU 7.2, TCG. */
    static final List<Quirk> QEMU = List.of(
            new Quirk(
                    "RF is 0 in the frame of a fault and of an NMI amid REP",
                    "1 by SDM vol. 3, 17.3.1.1; TP-074",
                    Quirk.Effect.GO_ON,
                    Quirks::onlyRf),
            new Quirk(
                    "SYSCALL clears the status flags whatever IA32_FMASK says",
                    "RFLAGS AND NOT IA32_FMASK by SDM vol. 2, SYSCALL",
                    Quirk.Effect.MEND_FLAGS,
                    difference ->
                            isFlags(difference) && difference.here().executed().equals("syscall")),
            clearsRpl(),
            new Quirk(
                    "an NMI is taken between MOV SS and the instruction behind it",
                    "held back by SDM vol. 3, 6.8.3; TP-055",
                    Quirk.Effect.STOP,
                    difference ->
                            difference.before().shadowed() && difference.here().nmiWaits()),
            new Quirk(
                    "an IRET that faults keeps NMIs blocked",
                    "execution of IRET unblocks by SDM vol. 3, 6.7.1; TP-010",
                    Quirk.Effect.STOP,
                    difference ->
                            difference.here().ofEvent() && difference.before().iretFaulted()),
            FETCHES_AMID_REPETITION,
            new Quirk(
                    "a POPA that faults has changed the registers it had popped",
                    "a fault leaves registers as they were by SDM vol. 3, 6.5",
                    Quirk.Effect.STOP,
                    Quirks::ofPartialPopa),
            new Quirk(
                    TRAP_TWICE,
                    "one #DB behind the store by SDM vol. 3, 17.3.1.2; TP-172",
                    Quirk.Effect.STOP,
                    difference -> difference.what().equals("rip")
                            && difference.before().ofDebugTrap()
                            && difference.theirs()
                                    == difference.before().registers().get(Registers.RIP)));

    /** Bochs 2.7. */
    static final List<Quirk> BOCHS = List.of(
            FETCHES_AMID_REPETITION,
            new Quirk(
                    "RF is 0 in the frame of an NMI amid REP, and of one right behind the IRET that loaded RF",
                    "1 by SDM vol. 3, 17.3.1.1; TP-074",
                    Quirk.Effect.GO_ON,
                    Quirks::onlyRf),
            clearsRpl(),
            new Quirk(
                    TRANSMITTER_BUSY,
                    "a choice: the machine's serial port is always ready, docs/machine.md",
                    Quirk.Effect.MEND_RAX,
                    Quirks::transmitterBusy));

    private Quirks() {}

    private static Quirk clearsRpl() {
        return new Quirk(
                "SYSCALL clears the RPL of SS",
                "IA32_STAR[47:32] + 8 as it is by SDM vol. 2, SYSCALL, operation; TP-183",
                Quirk.Effect.STOP,
                difference -> difference.what().equals("ss")
                        && difference.here().executed().equals("syscall")
                        && (difference.ours() & ~RPL) == difference.theirs());
    }

    private static boolean transmitterBusy(Difference difference) {
        return difference.what().equals("rax")
                && difference.here().executed().equals("in")
                && (difference.ours() ^ difference.theirs()) == LINE_STATUS_IDLE;
    }

    private static boolean fetchesAmidRepetition(Difference difference) {
        return difference.what().equals("rip")
                && difference.here().repeating()
                && difference.ours() == difference.before().registers().get(Registers.RIP)
                && difference.theirs() == difference.ours() + 1; // behind the NOP it has become
    }

    /** Right behind the delivery of a fault at CPL 3, in a register that POPA pops before the slot of ESP. */
    private static boolean ofPartialPopa(Difference difference) {
        return difference.place().equals("page_fault")
                && difference.before().registers().get(Registers.RIP) >>> 12 == USER_TEXT >>> 12
                && POPPED_FIRST.contains(difference.what());
    }

    private static boolean onlyRf(Difference difference) {
        boolean image =
                isFlags(difference) || difference.what().equals("memory") || Gpr.NAMES.contains(difference.what());
        return image && (difference.ours() ^ difference.theirs()) == Rflags.RF;
    }

    private static boolean isFlags(Difference difference) {
        return difference.what().equals("rflags");
    }
}
