package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Disassembly;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.SymbolLookup;
import io.github.nmi64.op.ObjdumpDifferences.Comparison;
import io.github.nmi64.op.ObjdumpDifferences.Difference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The decoder against GNU objdump over the code of real programs: length, validity and text of every instruction. A build
 * reads the first {@value #IN_A_BUILD} instructions of the C library; {@code -Dnmi64.objdump=FILE[,FILE]} reads all of
 * the files named there instead.
 */
class RealProgramsTest {
    private static final int IN_A_BUILD = 300_000;
    private static final int SHOWN = 40;
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ");
    /** Lets addresses be written as objdump writes them where it knows a symbol, whose name is then cut off. */
    private static final SymbolLookup SOME_SYMBOL = address -> "";

    private static final List<String> C_LIBRARIES =
            List.of("/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "/usr/lib/libc.so.6");

    static Stream<String> programs() {
        return asked().isEmpty()
                ? Stream.of(C_LIBRARIES.stream()
                        .filter(file -> Files.exists(Path.of(file)))
                        .findFirst()
                        .orElse(""))
                : Arrays.stream(asked().split(","));
    }

    private static String asked() {
        return System.getProperty("nmi64.objdump", "");
    }

    @ParameterizedTest
    @MethodSource("programs")
    void every_instruction_is_as_objdump_says_or_differs_for_a_documented_reason(String program) throws Exception {
        assumeTrue(Objdump.available(), "GNU objdump 2.40 is not installed: real programs cannot be compared");
        assumeTrue(!program.isEmpty(), "no C library for x86-64 is installed: real programs cannot be compared");
        Tally tally = new Tally();

        long count = ProgramListing.read(
                Path.of(program),
                asked().isEmpty() ? IN_A_BUILD : Long.MAX_VALUE,
                (code, at, end, address, line) -> tally.add(compare(code, at, end, address, line)));

        System.out.print(tally.text(program));
        assertThat(tally.unexplained.subList(0, Math.min(SHOWN, tally.unexplained.size())))
                .as("%d of %d instructions, the first of them", tally.unexplained.size(), count)
                .isEmpty();
        assertThat(count).as("instructions compared").isGreaterThan(10_000);
        assertThat(tally.same).as("instructions with the same text").isGreaterThan(count / 2);
    }

    private static Comparison compare(byte[] code, int at, int end, long address, Objdump.Line read) {
        Objdump.Line line = new Objdump.Line(read.length(), withoutSymbol(read.text()));
        SymbolLookup symbols = line.text().equals(read.text()) ? SymbolLookup.NONE : SOME_SYMBOL;
        // A run of code may end in the middle of what is no instruction; zero bytes follow it in the file.
        byte[] bytes = Arrays.copyOfRange(code, at, Math.min(end, at + 16));
        byte[] seen = bytes.length < 16 ? Arrays.copyOf(bytes, 16) : bytes;
        String hex = HEX.formatHex(seen, 0, line.length());
        try {
            Instruction instruction = Decoder.decode(InstructionSet.map(), seen, 0, seen.length, CodeMode.LONG64);
            String text = withoutSymbol(Disassembly.text(instruction, address, symbols));
            return new Comparison(hex, instruction.opcode.mnemonic(), text, instruction.length, line);
        } catch (Fault fault) {
            return new Comparison(hex, "", "", 0, line);
        }
    }

    /** What stands in angle brackets depends on the symbols of the file, not on the instruction. */
    private static String withoutSymbol(String text) {
        int symbol = text.indexOf(" <");
        return symbol < 0 ? text : text.substring(0, symbol);
    }

    /** How often both agreed, how often they differed for which reason, and what has no reason. */
    private static final class Tally {
        private final List<String> unexplained = new ArrayList<>();
        private final Map<String, Long> reasons = new TreeMap<>();
        private final Map<String, String> examples = new HashMap<>();
        private long same;
        private long cut;
        private long all;

        void add(Comparison comparison) {
            all++;
            if (comparison.objdump().text().startsWith(".byte")) {
                cut++; // a symbol stands in what would be an instruction; objdump does not read on
            } else if (comparison.agrees()) {
                same++;
            } else {
                differs(comparison);
            }
        }

        private void differs(Comparison comparison) {
            Optional<Difference> difference = ObjdumpDifferences.find(comparison);
            if (difference.isPresent()) {
                reasons.merge(difference.get().reason(), 1L, Long::sum);
                examples.putIfAbsent(difference.get().reason(), comparison.toString());
            } else {
                unexplained.add(comparison.toString());
            }
        }

        String text(String program) {
            StringBuilder text =
                    new StringBuilder("%s: %d instructions compared with objdump, %d the same, %d cut by a symbol%n"
                            .formatted(program, all, same, cut));
            reasons.forEach((reason, count) ->
                    text.append("  %8d: %s; first %s%n".formatted(count, reason, examples.get(reason))));
            return text.append("  %8d: unexplained%n".formatted(unexplained.size()))
                    .toString();
        }
    }
}
