package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.AssemblerMissingException;
import io.github.nmi64.image.CodeRange;
import io.github.nmi64.image.ElfImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An entry that mutants are made of is, without any, the entry whose name it has. */
class MutantEntriesTest {
    @TempDir
    private Path directory;

    @Test
    void without_a_mutant_it_is_the_entry_of_v33() throws IOException {
        assertThat(entry("entry-v33-mutants.inc")).hasSizeGreaterThan(200).isEqualTo(entry("entry-v33.inc"));
    }

    @Test
    void a_mutant_is_not() throws IOException {
        assertThat(entry("entry-v33-mutants.inc", "NO_REGION_TEST"))
                .isNotEqualTo(entry("entry-v33.inc", "NO_REGION_TEST"));
    }

    /** The code of an entry, to the end of its repeat region. */
    private byte[] entry(String include, String... defined) throws IOException {
        StringBuilder source = new StringBuilder();
        for (String name : defined) {
            source.append("        .set ").append(name).append(", 1\n");
        }
        source.append("""
                        .include "check-victim.inc"
                        .include "check-handler.inc"
                        .include "%s"
                        kernel_victim
                        nmi_handler nothing
                """.formatted(include));
        ElfImage image = ElfImage.read(include, assemble(source));
        long from = image.symbols().resolve("nmi");
        long to = image.symbols().resolve("end_repeat_nmi");
        CodeRange range = image.codeRanges().stream()
                .filter(r -> from - r.address() >= 0 && to - r.address() <= r.code().length)
                .findFirst()
                .orElseThrow();
        return Arrays.copyOfRange(range.code(), (int) (from - range.address()), (int) (to - range.address()));
    }

    private byte[] assemble(CharSequence source) throws IOException {
        Path file = Files.writeString(directory.resolve("entry.S"), source);
        try {
            return new Assembler(System.getenv()).assemble(file);
        } catch (AssemblerMissingException e) {
            Assumptions.abort("needs GNU as and ld: " + e.getMessage());
            throw e;
        }
    }
}
