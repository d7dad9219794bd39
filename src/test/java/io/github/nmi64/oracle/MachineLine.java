package io.github.nmi64.oracle;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One line of a run as every machine tells it, nmi64 and its oracles: an instruction, a delivery or the end. A fact an
 * oracle does not know is null and is then not compared.
 */
public sealed interface MachineLine {
    /** Names of the facts that are known on both sides and differ; one line being of another kind is the fact "kind". */
    List<String> differences(MachineLine other);

    /**
     * An instruction that retired, with the state before it; a repeated string instruction is one line for all iterations
     * up to the next delivery.
     *
     * @param n instructions retired before it
     * @param rflags compared without RF, which nmi64 has used up at the boundary before the line; no instruction can tell,
     *     as PUSHF stores it as 0 and a fault as 1 (SDM vol. 3, 17.3.1.1). In frames it is compared
     * @param gpr in the order of {@link Gpr}, RSP included
     * @param latched whether an NMI waits
     * @param blocked whether NMIs are blocked
     * @param changed what was stored since the line before, as {@link ChangedMemory} tells it
     */
    record Executed(
            long n,
            long rip,
            long[] gpr,
            long rflags,
            int cs,
            int ss,
            int cpl,
            @Nullable Boolean latched,
            @Nullable Boolean blocked,
            @Nullable String changed)
            implements MachineLine {
        @Override
        public List<String> differences(MachineLine other) {
            if (!(other instanceof Executed that)) {
                return List.of("kind");
            }
            Facts facts = new Facts()
                    .fact("n", n, that.n)
                    .fact("rip", rip, that.rip)
                    .fact("rflags", rflags & ~Rflags.RF, that.rflags & ~Rflags.RF)
                    .fact("cs", cs, that.cs)
                    .fact("ss", ss, that.ss)
                    .fact("cpl", cpl, that.cpl)
                    .fact("latched", latched, that.latched)
                    .fact("blocked", blocked, that.blocked)
                    .fact("changed", changed, that.changed);
            for (int i = 0; i < gpr.length; i++) {
                facts.fact(Gpr.NAMES.get(i), gpr[i], that.gpr[i]);
            }
            return facts.different;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Executed that && differences(that).isEmpty();
        }

        @Override
        public int hashCode() {
            return Objects.hash(n, rip, rflags, Arrays.hashCode(gpr));
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder("%d rip %s rflags %s cs %x ss %x cpl %d latched %s blocked %s"
                    .formatted(n, Hex.of(rip), Hex.of(rflags), cs, ss, cpl, latched, blocked));
            for (int i = 0; i < gpr.length; i++) {
                text.append(' ').append(Gpr.NAMES.get(i)).append(' ').append(Hex.of(gpr[i]));
            }
            return text.append(" changed ").append(changed).toString();
        }
    }

    /**
     * A completed delivery.
     *
     * @param n instructions retired before it
     * @param vector 0 to 255
     * @param error the error code, or null if the frame has none
     * @param frame address of the lowest quadword pushed, which is the handler's RSP
     * @param pushed the frame without error code: RIP, CS, RFLAGS, RSP, SS
     */
    record Event(long n, int vector, @Nullable Long error, long frame, long @Nullable [] pushed)
            implements MachineLine {
        private static final List<String> SLOTS =
                List.of("frame.rip", "frame.cs", "frame.rflags", "frame.rsp", "frame.ss");

        @Override
        public List<String> differences(MachineLine other) {
            if (!(other instanceof Event that)) {
                return List.of("kind");
            }
            Facts facts = new Facts()
                    .fact("n", n, that.n)
                    .fact("vector", vector, that.vector)
                    .fact("frame", frame, that.frame);
            if (!Objects.equals(error, that.error)) {
                facts.different.add("error");
            }
            for (int i = 0; pushed != null && that.pushed != null && i < SLOTS.size(); i++) {
                facts.fact(SLOTS.get(i), pushed[i], that.pushed[i]);
            }
            return facts.different;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Event that && differences(that).isEmpty();
        }

        @Override
        public int hashCode() {
            return Objects.hash(n, vector, frame);
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder("%d delivers vector %d%s, frame at %s:"
                    .formatted(n, vector, error == null ? "" : ", error code " + Hex.of(error), Hex.of(frame)));
            for (int i = 0; pushed != null && i < SLOTS.size(); i++) {
                text.append(' ').append(SLOTS.get(i)).append(' ').append(Hex.of(pushed[i]));
            }
            return text.toString();
        }
    }

    /**
     * The end of the run.
     *
     * @param outcome a word of nmi64's result; {@code error} if the oracle itself gave up
     * @param exitValue what the guest wrote to the exit port, or null
     * @param output what the guest wrote to the serial port, and after a bar to the console, or null
     * @param memory a digest of the memory of the image and its stack, or null
     * @param detail for a person: why an oracle gave up
     */
    record Ended(
            String outcome,
            @Nullable Long exitValue,
            @Nullable String output,
            @Nullable String memory,
            String detail) implements MachineLine {
        @Override
        public List<String> differences(MachineLine other) {
            if (!(other instanceof Ended that)) {
                return List.of("kind");
            }
            Facts facts = new Facts()
                    .fact("outcome", outcome, that.outcome)
                    .fact("exitValue", exitValue, that.exitValue)
                    .fact("output", output, that.output)
                    .fact("memory", memory, that.memory);
            return facts.different;
        }
    }

    /** Collects the names of what differs. */
    final class Facts {
        private final List<String> different = new ArrayList<>();

        private Facts() {}

        private Facts fact(String name, long ours, long theirs) {
            if (ours != theirs) {
                different.add(name);
            }
            return this;
        }

        private Facts fact(String name, @Nullable Object ours, @Nullable Object theirs) {
            if (ours != null && theirs != null && !ours.equals(theirs)) {
                different.add(name);
            }
            return this;
        }
    }
}
