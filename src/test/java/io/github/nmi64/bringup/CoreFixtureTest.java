package io.github.nmi64.bringup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.nmi64.dump.CoreFormatException;
import io.github.nmi64.dump.MiniatureCore;
import io.github.nmi64.explore.CheckOptions;
import io.github.nmi64.explore.CheckProgress;
import io.github.nmi64.explore.CheckResult;
import io.github.nmi64.explore.Explorer;
import io.github.nmi64.fixture.DirectiveText;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.FixtureException;
import io.github.nmi64.fixture.Region;
import io.github.nmi64.image.ImageException;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.kernel.KernelFormatException;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.run.RunReport;
import io.github.nmi64.schedule.InjectedEvent;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.TraceSink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From a dump to a verdict, by a machine that the test has made. */
class CoreFixtureTest {
    private static final int MUTATIONS = 300;
    private static final CoreSetup SETUP = new CoreSetup(20, false, Map.of(), List.of());

    @TempDir
    private Path directory;

    private Fixture fixture(byte[] core, CoreSetup setup) throws IOException {
        return CoreFixture.of(Files.write(directory.resolve("vmcore"), core), setup, List.of());
    }

    private static CheckResult check(Fixture fixture) {
        CheckOptions options =
                new CheckOptions(List.of(InjectedEvent.NMI), Integer.MAX_VALUE, 1, 1L << 26, 0, 1, CostModel.UNIT);
        return new Explorer(fixture, options, new CheckProgress()).run();
    }

    @Test
    void the_program_goes_on_where_it_was_and_the_run_ends_after_its_steps() throws IOException {
        FixtureRun run =
                new FixtureRun(fixture(new MiniatureCore().bytes(), SETUP), RunOptions.defaults(CostModel.UNIT));
        RunReport report = run.run(TraceSink.NONE);

        assertThat(report.violations()).isEmpty();
        assertThat(run.machine().core().retired).isEqualTo(20);
        assertThat(run.machine().state().gpr[Gpr.RBX]).isEqualTo(0x1234 + 5);
        assertThat(run.machine().state().rip).isEqualTo(MiniatureCore.PROGRAM);
    }

    @Test
    void stacks_are_those_of_the_task_state_segment_down_to_their_guard_pages() throws IOException {
        Fixture fixture = fixture(new MiniatureCore().bytes(), SETUP);

        assertThat(fixture.directives().landmarks().istStack())
                .contains(new Region(MiniatureCore.NMI_STACK, MiniatureCore.NMI_STACK_TOP));
        assertThat(fixture.directives().check().stacks())
                .extracting(stack -> stack.end() - stack.start())
                .containsExactly(0x1000L, 0x4000L);
        assertThat(fixture.image().symbols().text(MiniatureCore.PROGRAM + 3)).isEqualTo("program+0x3");
    }

    @Test
    void an_entry_that_gives_back_what_it_found_is_proved() throws IOException {
        CheckResult result = check(fixture(new MiniatureCore().bytes(), SETUP));

        assertThat(result.verdict()).isEqualTo(CheckResult.Verdict.PROVED);
        assertThat(result.coverage().assumptions())
                .anyMatch(text -> text.contains("'ignore_nmis' was set"))
                .anyMatch(text -> text.contains("for 20 steps of the program"));
    }

    /** The saved RAX is not popped. */
    @Test
    void an_entry_that_forgets_a_register_is_not() throws IOException {
        byte[] forgets = {0x50, (byte) 0xb8, 5, 0, 0, 0, 0x5a, 0x48, (byte) 0xcf};

        CheckResult result = check(fixture(new MiniatureCore().entry(forgets).bytes(), SETUP));

        assertThat(result.verdict()).isEqualTo(CheckResult.Verdict.VIOLATED);
        assertThat(result.counterexamples().get(0).schedule()).hasSize(1);
    }

    @Test
    void a_poke_plants_the_same_defect_and_is_another_image() throws IOException {
        Poke poke = Poke.parse("asm_exc_nmi+0x6=5a");

        Fixture poked = fixture(new MiniatureCore().bytes(), new CoreSetup(20, false, Map.of(), List.of(poke)));

        assertThat(check(poked).verdict()).isEqualTo(CheckResult.Verdict.VIOLATED);
        assertThat(poked.image().sha256())
                .isNotEqualTo(
                        fixture(new MiniatureCore().bytes(), SETUP).image().sha256());
    }

    @Test
    void registers_the_dump_lacks_are_linux_own_unless_they_are_given() throws IOException {
        CoreSetup setup = new CoreSetup(20, false, Map.of("fmask", 0x4_7700L), List.of());
        Fixture fixture = fixture(new MiniatureCore().bytes(), setup);

        assertThat(fixture.dump()).get().satisfies(dump -> {
            assertThat(dump.state().fmask).isEqualTo(0x4_7700);
            assertThat(dump.state().lstar).isEqualTo(fixture.image().symbols().resolve("entry_SYSCALL_64"));
        });
        assertThatExceptionOfType(BringupException.class)
                .isThrownBy(() -> new CoreSetup(1, false, Map.of("gs", 0L), List.of()))
                .withMessageContaining("known are cstar, efer");
    }

    /** The program's registers are zero but for RBX, RSP and RIP: which of them an entry gives back cannot be told. */
    @Test
    void registers_of_equal_value_are_named_among_the_assumptions() throws IOException {
        assertThat(check(fixture(new MiniatureCore().bytes(), SETUP)).coverage().assumptions())
                .anyMatch(text ->
                        text.endsWith("by them: rax, rcx, rdx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cr4 smep", "alias 0x1000 0x2000 0x3000"})
    void what_a_dump_decides_by_itself_is_no_directive(String line) throws IOException {
        Path core = Files.write(directory.resolve("vmcore"), new MiniatureCore().bytes());

        assertThatExceptionOfType(CoreFormatException.class)
                .isThrownBy(() -> CoreFixture.of(core, SETUP, List.of(DirectiveText.of("file", line))))
                .withMessageContaining("of its own");
    }

    @ParameterizedTest
    @ValueSource(strings = {"asm_exc_nmi", "entry_SYSCALL_64", "ignore_nmis", "cpu_current_top_of_stack"})
    void a_kernel_without_a_name_that_is_needed_is_refused(String name) {
        byte[] core = new MiniatureCore().without(name).bytes();

        assertThatExceptionOfType(CoreFormatException.class)
                .isThrownBy(() -> fixture(core, SETUP))
                .withMessageContaining("is of a kernel that");
    }

    /** Wherever memory is damaged, page tables, gates, stacks and names included: a run, or one sentence. */
    @Test
    void no_damage_of_memory_ends_otherwise() throws IOException {
        byte[] core = new MiniatureCore().bytes();
        int from = core.length - (4 << 20) - 4096;
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] changed = core.clone();
            for (int flip = random.nextInt(1, 20); flip > 0; flip--) {
                int[] ends = {0x1000, 0x1_0000, 0x2_0000, 0x2_2000, 0x20_0000, 0x21_2000};
                int area = random.nextInt(3);
                changed[from + random.nextInt(ends[2 * area], ends[2 * area + 1])] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                new FixtureRun(
                                fixture(changed, SETUP),
                                RunOptions.defaults(CostModel.UNIT).withMaxInstructions(1000))
                        .run(TraceSink.NONE);
            } catch (CoreFormatException | KernelFormatException | ImageException | FixtureException e) {
                assertThat(e.getMessage()).doesNotContain("\n");
            }
        }
    }
}
