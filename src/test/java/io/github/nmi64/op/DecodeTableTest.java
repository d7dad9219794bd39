package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Disassembly;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.SymbolLookup;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The tables under {@code decode/}, one file for each family: {@code bytes | text at address 0 | length}. What only
 * compatibility mode has stands in a file of its own.
 */
class DecodeTableTest {
    private static final String COMPATIBILITY_TABLE = "compatibility-mode.txt";

    static List<Path> tables() throws IOException, URISyntaxException {
        Path directory = Path.of(DecodeTableTest.class.getResource("/decode").toURI());
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("tables")
    void bytes_decode_to_text_and_length(Path table) throws IOException {
        CodeMode mode = table.endsWith(COMPATIBILITY_TABLE) ? CodeMode.COMPAT32 : CodeMode.LONG64;
        List<String> lines = Files.readAllLines(table);
        assertThat(lines).as("%s", table).isNotEmpty();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith("#")) {
                continue;
            }
            String bytes = lines.get(i).split("\\|", -1)[0].strip();
            assertThat(decoded(bytes, mode))
                    .as("%s:%d", table.getFileName(), i + 1)
                    .isEqualTo(lines.get(i));
        }
    }

    private static String decoded(String bytes, CodeMode mode) {
        byte[] code = HexFormat.ofDelimiter(" ").parseHex(bytes);
        Instruction instruction = Decoder.decode(InstructionSet.map(), code, 0, code.length, mode);
        String text = Disassembly.text(instruction, 0, SymbolLookup.NONE);
        return "%s | %s | %d".formatted(bytes, text, instruction.length);
    }
}
