package io.github.nmi64.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.DirectiveException;
import io.github.nmi64.fixture.Directives;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.FixtureException;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.image.ImageException;
import io.github.nmi64.schedule.Schedule;
import io.github.nmi64.schedule.ScheduleSyntaxException;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Damaged directives and schedules: read, or refused with one line; never more memory than their size explains. */
class MalformedTextTest {
    private static final long SEED = 0x74657874;
    private static final int CASES = 40_000;
    private static final long MEMORY = 16L << 20;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final Mutations mutations = new Mutations(random);
    private int refused;

    @Test
    void damaged_directives_are_read_or_refused_in_one_line() throws Exception {
        Fixtures fixtures = new Fixtures(new Assembler(Map.of()));
        List<Fixture> valid = fixtures.bundled().stream()
                .map(title -> fixtures.resolve(title.name()))
                .toList();
        for (int i = 0; i < CASES; i++) {
            Fixture fixture = valid.get(random.nextInt(valid.size()));
            String text = mutations.of(fixture.image().directiveText());
            check(text, () -> Directives.parse("damaged", text, fixture.image().symbols()));
        }
        assertThat(refused).isBetween(CASES / 5, CASES - CASES / 20);
    }

    @Test
    void damaged_schedules_are_read_or_refused_in_one_line() throws Exception {
        String valid = """
                # all there is
                nmi@cycle=100
                mce@step=7
                nmi@at=do_nmi+0x10,hit=2
                db@after=iretq
                intr:48@every=1000,from=5
                int3@at=0xffffffff81000000
                iret-fault@after=iretq,hit=3
                nmi@random=42,count=3
                """;
        for (int i = 0; i < CASES; i++) {
            String text = mutations.of(valid);
            check(text, () -> Schedule.parse("damaged", text));
        }
        assertThat(refused).isBetween(CASES / 5, CASES - CASES / 20);
    }

    private void check(String text, Callable<?> reading) throws Exception {
        try {
            Bounds.within(MEMORY, text, reading);
        } catch (DirectiveException | ScheduleSyntaxException e) {
            refused++;
            assertThat(e.getMessage()).hasLineCount(1).doesNotContainPattern("\\p{Cntrl}");
        } catch (FixtureException | ImageException e) {
            refused++;
            assertThat(e.getMessage()).as("another refusal of: %s", text).hasLineCount(1);
        } catch (RuntimeException | Error e) {
            throw new AssertionError("reading: " + text, e);
        }
    }

    @Test
    void ends_of_lines_and_marks_of_windows_editors_do_not_matter() {
        Schedule plain = Schedule.parse("plain", "nmi@cycle=1\nnmi@cycle=2\n");

        assertThat(Schedule.parse("crlf", "nmi@cycle=1\r\nnmi@cycle=2\r\n")).isEqualTo(plain);
        assertThat(Schedule.parse("old", "nmi@cycle=1\rnmi@cycle=2")).isEqualTo(plain);
        assertThat(Schedule.parse("marked", "\uFEFFnmi@cycle=1\nnmi@cycle=2\n")).isEqualTo(plain);
    }
}
