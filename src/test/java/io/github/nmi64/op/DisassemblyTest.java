package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Disassembly;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Opcode;
import io.github.nmi64.isa.SymbolLookup;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.op.ObjdumpDifferences.Comparison;
import io.github.nmi64.op.ObjdumpDifferences.Difference;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Length, validity and text of some 630,000 encodings against GNU objdump. */
@Execution(ExecutionMode.CONCURRENT)
class DisassemblyTest {
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ");
    private static final int SHOWN = 40;

    @Test
    void every_encoding_is_as_objdump_says_or_differs_for_a_documented_reason() {
        assumeTrue(Objdump.available(), "GNU objdump 2.40 is not installed: its text cannot be compared with");
        Set<String> reasons = new HashSet<>();
        List<String> unexplained = new ArrayList<>();
        for (CodeMode mode : EnumSet.of(CodeMode.LONG64, CodeMode.COMPAT32)) {
            for (Comparison comparison : compare(samples(mode), mode)) {
                ObjdumpDifferences.find(comparison)
                        .map(Difference::reason)
                        .ifPresentOrElse(reasons::add, () -> unexplained.add(mode + " " + comparison));
            }
        }

        assertThat(unexplained.subList(0, Math.min(SHOWN, unexplained.size())))
                .as("%d encodings, the first of them", unexplained.size())
                .isEmpty();
        assertThat(ObjdumpDifferences.all())
                .extracting(Difference::reason)
                .as("documented differences that no longer occur")
                .isSubsetOf(reasons);
    }

    @Test
    void the_name_of_an_instruction_is_the_word_of_its_text_that_its_opcode_can_have() {
        Set<String> wrong = new TreeSet<>();
        Map<Opcode, Set<String>> names = new HashMap<>();
        for (CodeMode mode : EnumSet.of(CodeMode.LONG64, CodeMode.COMPAT32)) {
            for (byte[] code : samples(mode)) {
                Instruction instruction = decoded(code, mode);
                if (instruction != null) {
                    String text = Disassembly.text(instruction, 0, SymbolLookup.NONE);
                    List<String> words = List.of(text.split(" ", -1));
                    for (String name : names.computeIfAbsent(instruction.opcode, Disassembly::names)) {
                        if (Disassembly.name(instruction).equals(name) != words.contains(name)) {
                            wrong.add("'%s' is called %s".formatted(text, Disassembly.name(instruction)));
                        }
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static @Nullable Instruction decoded(byte[] code, CodeMode mode) {
        try {
            return Decoder.decode(InstructionSet.map(), code, 0, code.length, mode);
        } catch (Fault | Decoder.Truncated undefined) {
            return null;
        }
    }

    @Test
    void per_cpu_variables_are_named_by_their_offset_in_gs() {
        SymbolLookup symbols = new SymbolLookup() {
            @Override
            public String name(long address) {
                return "a_place";
            }

            @Override
            public @Nullable String perCpuVariable(long offset) {
                return offset == 0x28 ? "pcpu_hot+0x8" : null;
            }
        };

        assertThat(text("65 48 8b 04 25 28 00 00 00", 0x1000, symbols))
                .isEqualTo("mov    %gs:0x28,%rax        # <pcpu_hot+0x8>");
        assertThat(text("65 48 8b 04 25 30 00 00 00", 0x1000, symbols)).isEqualTo("mov    %gs:0x30,%rax");
        assertThat(text("64 48 8b 04 25 28 00 00 00", 0x1000, symbols)).isEqualTo("mov    %fs:0x28,%rax");
        assertThat(text("65 48 8b 40 28", 0x1000, symbols)).isEqualTo("mov    %gs:0x28(%rax),%rax");
        assertThat(text("65 48 8b 05 20 f0 ff ff", 0x1000, symbols))
                .isEqualTo("mov    %gs:-0xfe0(%rip),%rax        # 28 <pcpu_hot+0x8>");
    }

    @Test
    void names_of_addresses_are_written_as_objdump_writes_symbols() {
        SymbolLookup symbols = address -> address == 0x1010 ? "do_nmi+0x10" : null;

        assertThat(text("e8 0b 00 00 00", 0x1000, symbols)).isEqualTo("call   1010 <do_nmi+0x10>");
        assertThat(text("48 8d 05 09 00 00 00", 0x1000, symbols))
                .isEqualTo("lea    0x9(%rip),%rax        # 1010 <do_nmi+0x10>");
        assertThat(text("eb fe", 0x1000, symbols)).isEqualTo("jmp    0x1000");
    }

    private static List<byte[]> samples(CodeMode mode) {
        List<byte[]> samples = new ArrayList<>(EncodingSamples.opcodes(mode.is64()));
        samples.addAll(EncodingSamples.addresses(mode.is64()));
        samples.addAll(EncodingSamples.fixedModrm());
        samples.addAll(VexSamples.all(mode.is64()));
        if (mode.is64()) {
            samples.addAll(EncodingSamples.metInPrograms());
        }
        return samples;
    }

    /** The comparisons that come out unequal. */
    private static List<Comparison> compare(List<byte[]> samples, CodeMode mode) {
        List<byte[]> slots = samples.stream().map(Objdump::slot).toList();
        List<Objdump.Line> lines = Objdump.disassemble(slots, mode);
        List<Comparison> unequal = new ArrayList<>();
        for (int i = 0; i < slots.size(); i++) {
            Comparison comparison = compare(samples.get(i), slots.get(i), Objdump.address(i), mode, lines.get(i));
            if (!comparison.agrees()) {
                unequal.add(comparison);
            }
        }
        return unequal;
    }

    private static Comparison compare(byte[] sample, byte[] slot, long address, CodeMode mode, Objdump.Line line) {
        String bytes = HEX.formatHex(sample);
        try {
            Instruction instruction = Decoder.decode(InstructionSet.map(), slot, 0, slot.length, mode);
            String text = Disassembly.text(instruction, address, SymbolLookup.NONE);
            return new Comparison(bytes, instruction.opcode.mnemonic(), text, instruction.length, line);
        } catch (Fault fault) {
            assertThat(fault.vector()).as(bytes).isEqualTo(Vector.UD);
            return new Comparison(bytes, "", "", 0, line);
        }
    }

    private static String text(String hex, long address, SymbolLookup symbols) {
        byte[] code = HEX.parseHex(hex);
        Instruction instruction = Decoder.decode(InstructionSet.map(), code, 0, code.length, CodeMode.LONG64);
        return Disassembly.text(instruction, address, symbols);
    }
}
