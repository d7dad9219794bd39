package io.github.nmi64.run;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.monitor.Invariants;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a run ended, as far as the program can tell: two runs of a program that differ only in what interrupted it must agree.
 *
 * @param exit value written to the exit port
 * @param sent what identifies what was sent to devices
 * @param registers general registers in encoding order, then RIP
 */
public record EndResult(Outcome outcome, OptionalLong exit, long sent, List<Long> registers) {

    public EndResult {
        registers = List.copyOf(registers);
    }

    /** The end of a machine whose run is over. */
    public static EndResult of(Machine machine) {
        List<Long> registers = new ArrayList<>();
        for (int i = 0; i < Gpr.COUNT; i++) {
            registers.add(machine.state().gpr[i]);
        }
        registers.add(machine.state().rip);
        return new EndResult(
                machine.cpu().outcome(),
                machine.ports().exitValue(),
                machine.ports().sent(),
                registers);
    }

    /**
     * What differs from the run that nothing interrupted, as a violation of {@code context-restored}. If that halts for good,
     * nothing is compared: an event may rightly end a HLT.
     *
     * @param withOutput whether what was sent to devices counts
     */
    public Optional<Violation> differenceFrom(EndResult undisturbed, long step, boolean withOutput) {
        if (undisturbed.outcome != Outcome.EXIT) {
            return Optional.empty();
        }
        String detail = "";
        if (outcome != Outcome.EXIT) {
            detail = "the program "
                    + (outcome == Outcome.HALTED
                            ? "halts for good"
                            : "ends by " + outcome.name().toLowerCase(Locale.ROOT))
                    + "; without events it exits";
        } else if (withOutput && sent != undisturbed.sent) {
            detail = "the output differs from that of the run without events";
        } else if (!exit.equals(undisturbed.exit)) {
            detail = "the program exits with " + text(exit) + "; without events it exits with " + ""
                    + text(undisturbed.exit);
        }
        for (int i = 0; i < registers.size() && detail.isEmpty(); i++) {
            long ours = registers.get(i);
            long theirs = undisturbed.registers.get(i);
            if (ours != theirs) {
                detail = "the program ends with " + (i < Gpr.COUNT ? Gpr.NAMES.get(i) : "rip") + " = " + Hex.of(ours)
                        + "; without events it ends with " + Hex.of(theirs);
            }
        }
        long rip = registers.get(Gpr.COUNT);
        return detail.isEmpty()
                ? Optional.empty()
                : Optional.of(new Violation(Invariants.CONTEXT_RESTORED, "result", step, rip, detail));
    }

    /** True if both runs have exited, and at the same place. */
    public boolean isEndOf(EndResult undisturbed) {
        return outcome == Outcome.EXIT
                && undisturbed.outcome == Outcome.EXIT
                && registers.get(Gpr.COUNT).equals(undisturbed.registers.get(Gpr.COUNT));
    }

    private static String text(OptionalLong value) {
        return value.isPresent() ? Hex.of(value.getAsLong()) : "nothing";
    }
}
