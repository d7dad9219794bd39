package io.github.nmi64.oracle;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.op.InstructionSet;
import io.github.nmi64.state.Rflags;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * One case as the host and the emulator ran it.
 *
 * @param differences a line for each difference that counts, as {@link CpuOutcome#differences} tells it
 */
public record Comparison(CpuCase request, CpuOutcome host, CpuOutcome emulated, List<String> differences) {
    private static final String FLAGS = "rflags";
    private static final String WINDOW = "window";

    /** Compares two outcomes; every difference counts. */
    public static Comparison of(CpuCase request, CpuOutcome host, CpuOutcome emulated) {
        return new Comparison(request, host, emulated, host.differences(emulated));
    }

    /** The same two outcomes, which count as equal. */
    Comparison excused() {
        return new Comparison(request, host, emulated, List.of());
    }

    /** True if something differs that counts. */
    public boolean differs() {
        return !differences.isEmpty();
    }

    /** Names of what differs; of RFLAGS each flag by itself. */
    public Set<String> fields() {
        Set<String> fields = new TreeSet<>();
        for (String line : differences) {
            String field = line.substring(0, line.indexOf(':'));
            if (field.equals(FLAGS)) {
                Flag.names(host.differingFlags(emulated)).forEach(name -> fields.add(FLAGS + "." + name));
            } else {
                fields.add(field.startsWith(WINDOW) ? WINDOW : field);
            }
        }
        return fields;
    }

    /** True if nothing outside these fields differs; {@code rflags} stands for all flags. */
    boolean onlyIn(String... fields) {
        List<String> allowed = Arrays.asList(fields);
        return fields().stream().allMatch(field -> allowed.contains(field) || allowed.contains(family(field)));
    }

    private static String family(String field) {
        int dot = field.indexOf('.');
        return dot < 0 ? field : field.substring(0, dot);
    }

    /** The instruction; empty if the emulator knows none with these bytes. */
    public Optional<Instruction> instruction() {
        return decode(request);
    }

    /** What the instruction is called. */
    public String mnemonic() {
        return mnemonic(request);
    }

    static String mnemonic(CpuCase request) {
        return decode(request).map(instruction -> instruction.opcode.mnemonic()).orElse("(undefined)");
    }

    /** The bytes of a case, followed by CC as they are in memory. */
    static Optional<Instruction> decode(CpuCase request) {
        byte[] padded = Arrays.copyOf(request.code, request.code.length + Decoder.MAX_LENGTH);
        Arrays.fill(padded, request.code.length, padded.length, (byte) 0xcc);
        try {
            return Optional.of(Decoder.decode(InstructionSet.map(), padded, 0, padded.length, CodeMode.LONG64));
        } catch (Fault | Decoder.Truncated e) {
            return Optional.empty();
        }
    }

    /** Flags by name. */
    private enum Flag {
        CF(Rflags.CF),
        PF(Rflags.PF),
        AF(Rflags.AF),
        ZF(Rflags.ZF),
        SF(Rflags.SF),
        DF(Rflags.DF),
        OF(Rflags.OF),
        NT(Rflags.NT),
        AC(Rflags.AC),
        ID(Rflags.ID);

        private final long bit;

        Flag(long bit) {
            this.bit = bit;
        }

        static List<String> names(long bits) {
            return Arrays.stream(values())
                    .filter(flag -> (flag.bit & bits) != 0)
                    .map(Flag::name)
                    .toList();
        }
    }

    /** Names of the flags set in {@code bits}. */
    static List<String> flagNames(long bits) {
        return Flag.names(bits);
    }

    @Override
    public String toString() {
        return request + "\n  " + String.join("\n  ", differences) + "\n  host " + host.ending() + "\n  emulator "
                + emulated.ending() + "\n";
    }
}
