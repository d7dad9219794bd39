package io.github.nmi64.oracle.player;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.AssemblyFailedException;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.ElfImage;
import io.github.nmi64.oracle.player.Comparison.Agreement;
import io.github.nmi64.schedule.InjectedEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The player and the explorer over mutants of the entries of v3.3, v3.7 and v4.2, each with a kernel and a user victim and a
 * handler that opens NMIs by a breakpoint. A build takes some; {@code -Dgroups=long} all.
 */
class MutantsComparisonTest {
    private static final int SAMPLE = 16;
    /** Every which mutant is taken; more than 1 for who has less time. */
    private static final int STRIDE = Integer.getInteger("nmi64.stride", 1);
    /** Each comparison is told in a line. */
    private static final boolean LINES = Boolean.getBoolean("nmi64.lines");

    /** An entry that mutants are made of. */
    enum Entry {
        V33("entry-v33.inc", ".set PT_REGS_UNWATCHED, 1\n"),
        V37("entry-v37.inc", ""),
        V42("entry-v42.inc", "");

        final String include;
        final String settings;

        Entry(String include, String settings) {
            this.include = include;
            this.settings = settings;
        }

        String source() {
            return read(include).replace("        .include \"entry-common.inc\"\n", read("entry-common.inc"));
        }

        /** Where the states are too many for five events, fewer. */
        int events(String victim) {
            return this == V33 ? 4 : this == V42 && victim.equals("user_victim") ? 3 : 5;
        }
    }

    /** What came of all mutants of an entry. */
    private static final class Tally {
        final Map<Agreement, Integer> counts = new EnumMap<>(Agreement.class);
        final List<String> unexplained = new ArrayList<>();
        final Set<String> images = new HashSet<>();
        int doubts;
        int unassemblable;
        int same;

        void add(String mutant, Comparison comparison) {
            counts.merge(comparison.agreement(), 1, Integer::sum);
            if (LINES) {
                System.out.println(mutant + " | " + comparison);
            }
            doubts += comparison.played().doubts() > 0 ? 1 : 0;
            if (comparison.agreement() == Agreement.FALSE_PROOF
                    || comparison.agreement() == Agreement.ALARM && !comparison.asksForMore()) {
                unexplained.add(mutant + " | " + comparison);
            }
        }
    }

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource
    void without_a_mutant_both_find_nothing(Entry entry) throws IOException {
        for (String victim : List.of("kernel_victim", "user_victim")) {
            Fixture fixture = Fixture.of(ElfImage.read("entry", image(entry, victim, entry.source())));
            Comparison comparison = Comparison.of(fixture, List.of(InjectedEvent.NMI), size(200), 3);

            assertThat(comparison.agreement()).as(comparison.toString()).isEqualTo(Agreement.CLEAN);
        }
    }

    @ParameterizedTest
    @EnumSource
    void some_mutants(Entry entry) throws IOException {
        List<SourceMutants.Mutant> all = SourceMutants.of(entry.source());
        List<SourceMutants.Mutant> some = new ArrayList<>();
        for (int i = 0; i < SAMPLE; i++) {
            some.add(all.get((int) ((i + 0.5) * all.size() / SAMPLE)));
        }
        judge(entry, some, 100);
    }

    @Tag("long")
    @ParameterizedTest
    @EnumSource
    void all_mutants(Entry entry) throws IOException {
        judge(entry, SourceMutants.of(entry.source()), 400);
    }

    @Test
    void there_are_hundreds_and_always_the_same() {
        for (Entry entry : Entry.values()) {
            List<SourceMutants.Mutant> mutants = SourceMutants.of(entry.source());

            assertThat(mutants).hasSizeGreaterThan(300).isEqualTo(SourceMutants.of(entry.source()));
        }
    }

    private void judge(Entry entry, List<SourceMutants.Mutant> mutants, int randoms) throws IOException {
        List<String> unexplained = new ArrayList<>();
        for (String victim : List.of("kernel_victim", "user_victim")) {
            Tally tally = new Tally();
            tally.images.add(Arrays.toString(image(entry, victim, entry.source())));
            for (int i = 0; i < mutants.size(); i += STRIDE) {
                compare(entry, victim, mutants.get(i), randoms, tally);
            }
            tell(entry, victim, tally);
            unexplained.addAll(tally.unexplained);
        }
        assertThat(unexplained).isEmpty();
    }

    private void compare(Entry entry, String victim, SourceMutants.Mutant mutant, int randoms, Tally tally)
            throws IOException {
        byte[] image;
        try {
            image = image(entry, victim, mutant.source());
        } catch (AssemblyFailedException e) {
            tally.unassemblable++;
            return;
        }
        if (!tally.images.add(Arrays.toString(image))) {
            tally.same++;
            return;
        }
        Fixture fixture = Fixture.of(ElfImage.read("mutant", image));
        Comparison comparison = Comparison.of(fixture, List.of(InjectedEvent.NMI), size(randoms), entry.events(victim));
        tally.add(entry + " " + victim + " " + mutant, comparison);
    }

    private static void tell(Entry entry, String victim, Tally tally) {
        System.out.printf(
                "%s %s: %s, %d do not assemble, %d are the same as another, %d with doubts%n",
                entry, victim, tally.counts, tally.unassemblable, tally.same, tally.doubts);
    }

    private static Repertoire.Size size(int randoms) {
        return new Repertoire.Size(1_000, randoms, 4711, true);
    }

    private byte[] image(Entry entry, String victim, String source) throws IOException {
        return Entries.assemble(
                directory,
                entry.settings
                        + ".include \"check-victim.inc\"\n.include \"check-handler.inc\"\n"
                        + source
                        + "        " + victim + "\n        nmi_handler breakpoint_once\n");
    }

    private static String read(String include) {
        try (InputStream stream = MutantsComparisonTest.class.getResourceAsStream("/asm-fixtures/include/" + include)) {
            return new String(Objects.requireNonNull(stream, include).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
