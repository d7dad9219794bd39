package io.github.nmi64.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.FixtureException;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.image.ElfImage;
import io.github.nmi64.image.ImageException;
import io.github.nmi64.image.TinyElf;
import io.github.nmi64.machine.BootImageException;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.TraceSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Damaged images: refused with one line, or loaded and run to one of the ends a run has. Whatever the headers promise, the
 * memory it takes is bounded, and so is the run.
 */
class MalformedImagesTest {
    private static final long SEED = 0x656c66;
    private static final int CASES = 6_000;
    private static final long MEMORY = 64L << 20;
    private static final long INSTRUCTIONS = 300;

    private final Map<Outcome, Integer> ends = new EnumMap<>(Outcome.class);
    private int refused;

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void a_damaged_image_is_refused_in_one_line_or_runs_to_an_end() throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        Mutations mutations = new Mutations(random);
        List<byte[]> valid = images();
        for (int i = 0; i < CASES; i++) {
            byte[] damaged = mutations.of(valid.get(random.nextInt(valid.size())));
            Bounds.within(MEMORY, "case " + i, () -> read(damaged));
        }

        assertThat(refused).as("refused").isGreaterThan(CASES / 10);
        assertThat(ends.values().stream().mapToInt(Integer::intValue).sum())
                .as("run in spite of the damage: %s", ends)
                .isEqualTo(CASES - refused)
                .isGreaterThan(CASES / 10);
    }

    private boolean read(byte[] damaged) {
        try {
            Fixture fixture = Fixture.of(ElfImage.read("damaged.elf", damaged));
            RunOptions options = RunOptions.defaults(CostModel.UNIT)
                    .withMaxInstructions(INSTRUCTIONS)
                    .withMaxCycles(10 * INSTRUCTIONS);
            FixtureRun run = new FixtureRun(fixture, options);
            ends.merge(run.run(TraceSink.NONE).ended(), 1, Integer::sum);
            return true;
        } catch (FixtureException | ImageException | BootImageException e) {
            refused(e);
        } catch (IllegalArgumentException e) {
            assertThat(e).as("only a wrong rule is told this way").hasMessageMatching("(unknown )?rule .*");
            refused(e);
        } catch (RuntimeException | Error e) {
            throw new AssertionError("read " + HexFormat.of().formatHex(damaged), e);
        }
        return false;
    }

    private void refused(RuntimeException e) {
        refused++;
        assertThat(e.getMessage()).hasLineCount(1).doesNotContainPattern("\\p{Cntrl}");
    }

    /** Small ones made by hand, so that most changes hit a header, and some real ones. */
    private static List<byte[]> images() throws IOException {
        List<byte[]> images = new ArrayList<>();
        TinyElf tiny = TinyElf.withCode()
                .segment(0x40_0000, 6, new byte[] {1, 2, 3}, 8192)
                .segment(0x50_0000_0000L, 6, new byte[0], 64)
                .directives("""
                        title Small
                        inject nmi@at=_start+0x1,hit=1
                        inject intr:0x30@cycle=5
                        handler _start data
                        max-instructions 100
                        expect outcome exit
                        """)
                .symbol("_start", TinyElf.TEXT)
                .symbol("data", TinyElf.TEXT + 12);
        images.add(tiny.bytes());
        images.add(TinyElf.withCode().symbol("__stack_top", 0x50_0000).bytes());
        for (String name : List.of("rfc/nested-handler", "v33/nested-handler", "cpu/sti-shadow")) {
            images.add(bundled(name));
            images.add(tiny.bytes());
        }
        return images;
    }

    private static byte[] bundled(String name) throws IOException {
        try (InputStream image = Fixtures.class.getResourceAsStream("/io/github/nmi64/fixtures/" + name + ".elf")) {
            assertThat(image).as("the image of %s", name).isNotNull();
            return image.readAllBytes();
        }
    }
}
