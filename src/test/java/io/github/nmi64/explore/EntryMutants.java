package io.github.nmi64.explore;

import io.github.nmi64.bringup.Mutant;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.CodeRange;
import io.github.nmi64.image.ElfImage;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** One-instruction defects of a fixture's NMI entry. */
final class EntryMutants {

    /** A defect: where, what, and the fixture that has it. */
    record Planted(String place, String change, Fixture fixture) {
        @Override
        public String toString() {
            return place + ": " + change;
        }
    }

    private EntryMutants() {}

    /** All defects of the code from one symbol up to another. */
    static List<Planted> of(String fixture, String from, String to) throws IOException {
        ElfImage image;
        try (InputStream stream = ElfImage.class.getResourceAsStream("/io/github/nmi64/fixtures/" + fixture + ".elf")) {
            image = ElfImage.read(
                    fixture, Objects.requireNonNull(stream, fixture).readAllBytes());
        }
        long start = image.symbols().resolve(from);
        long end = image.symbols().resolve(to);
        CodeRange range = image.codeRanges().stream()
                .filter(r -> start - r.address() >= 0 && start - r.address() < r.code().length)
                .findFirst()
                .orElseThrow();
        int at = (int) (start - range.address());
        byte[] code = Arrays.copyOfRange(range.code(), at, at + (int) (end - start));
        return Mutant.of(code, start).stream()
                .map(mutant -> new Planted(
                        image.symbols().text(mutant.address()),
                        mutant.change(),
                        Fixture.of(image.patched(mutant.address(), mutant.bytes()))))
                .toList();
    }
}
