package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Disassembly;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.SymbolLookup;
import io.github.nmi64.isa.Vector;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever the bytes, decoding ends in an instruction, #UD, #GP(0) for too long a one, or "more bytes needed". */
class DecoderFuzzTest {
    private static final long SEED = 0x6e6d6936;
    private static final int STRINGS = 350_000;
    private static final int[] LIKELY_PREFIXES = {0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x64, 0x48, 0x4f, 0x0f, 0xc4, 0xc5
    };

    @ParameterizedTest
    @EnumSource(CodeMode.class)
    void random_bytes_decode_or_fault(CodeMode mode) {
        SplittableRandom random = new SplittableRandom(SEED + mode.ordinal());
        int decoded = 0;
        for (int i = 0; i < STRINGS; i++) {
            byte[] code = randomCode(random);
            int limit = random.nextInt(code.length + 1);
            decoded += check(code, limit, mode) ? 1 : 0;
        }
        assertThat(decoded).as("decoded, or the test says nothing").isGreaterThan(STRINGS / 10);
    }

    private static byte[] randomCode(SplittableRandom random) {
        byte[] code = new byte[20];
        random.nextBytes(code);
        int prefixes = random.nextInt(random.nextInt(8) == 0 ? 16 : 3);
        for (int i = 0; i < prefixes; i++) {
            code[i] = (byte) LIKELY_PREFIXES[random.nextInt(LIKELY_PREFIXES.length)];
        }
        return code;
    }

    /** True if the bytes are an instruction, in which case the bytes after it must not matter. */
    private static boolean check(byte[] code, int limit, CodeMode mode) {
        String bytes = HexFormat.of().formatHex(code, 0, limit);
        try {
            Instruction instruction = Decoder.decode(InstructionSet.map(), code, 0, limit, mode);
            assertThat(instruction.length).as(bytes).isBetween(1, Math.min(limit, Decoder.MAX_LENGTH));
            String text = Disassembly.text(instruction, 0, SymbolLookup.NONE);
            assertThat(text).as(bytes).isNotBlank();
            byte[] exact = Arrays.copyOf(code, instruction.length);
            Instruction again = Decoder.decode(InstructionSet.map(), exact, 0, exact.length, mode);
            assertThat(Disassembly.text(again, 0, SymbolLookup.NONE)).as(bytes).isEqualTo(text);
            return true;
        } catch (Fault fault) {
            boolean expected = fault.vector() == Vector.UD
                    || fault.vector() == Vector.GP && fault.errorCode() == 0 && limit >= Decoder.MAX_LENGTH;
            assertThat(expected)
                    .as("%s in %s: %s", bytes, mode, fault.getMessage())
                    .isTrue();
        } catch (Decoder.Truncated truncated) {
            assertThat(limit)
                    .as("%s in %s needs more bytes than an instruction has", bytes, mode)
                    .isLessThan(15);
        }
        return false;
    }
}
