package io.github.nmi64.oracle;

import io.github.nmi64.schedule.Schedule;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * A whole machine other than nmi64 that runs an image under the contract of {@code docs/machine.md} and tells what
 * happened line by line. {@link MachineComparison} runs nmi64 beside it.
 *
 * <p>To add an oracle: implement this interface, most easily by a program that writes the trace of {@code docs/formats.md}
 * as JSON lines and a {@link JsonLinesRun} on its output; leave out of its lines what it does not know; name what it is
 * known to do differently in {@link #knownDifferences}; and derive a test from {@link MachineOracleContract}.
 */
public interface MachineOracle {
    /** A run in progress: its lines in order, the last an {@link MachineLine.Ended}. Closing it ends the run. */
    interface Run extends Iterator<MachineLine>, AutoCloseable {
        @Override
        void close();
    }

    /** What it is called in messages and documents, such as {@code kvm_pvm}. */
    String name();

    /** Why it cannot run on this host; empty if it can. */
    Optional<String> missing();

    /** Why it cannot play this schedule; empty if it can. */
    Optional<String> refuses(Schedule schedule);

    /**
     * True if its known differences have been listed. Where they have not, a difference is told as the reason why a test is
     * left out, since nobody has found out yet which side is right.
     */
    default boolean judged() {
        return true;
    }

    /** False if it shows instructions only; deliveries are then compared by the handler's first instruction. */
    default boolean tellsEvents() {
        return true;
    }

    /**
     * Starts a run that ends with the guest or, at the latest, when {@code maxInstructions} have retired.
     *
     * @throws IOException if the oracle cannot be started
     */
    Run run(MachineImage image, Schedule schedule, long maxInstructions) throws IOException;

    /** The command line that shows the same run. */
    String command(MachineImage image, Schedule schedule, long maxInstructions);

    /** Everything it is known to do differently; any other difference is an error. */
    List<KnownDifference> knownDifferences();
}
