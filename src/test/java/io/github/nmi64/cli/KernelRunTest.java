package io.github.nmi64.cli;

import static io.github.nmi64.cli.Nmi64Call.nmi64;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.kernel.BtfTypes;
import io.github.nmi64.kernel.MiniatureKernel;
import io.github.nmi64.kernel.Payload;
import io.github.nmi64.kernel.RunnableKernel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A kernel from its own bytes, {@code --kernel}: that of the tests, from the packed image to a verdict. */
class KernelRunTest {
    @TempDir
    private static Path directory;

    private static String vmlinuz;

    @BeforeAll
    static void pack() throws IOException {
        vmlinuz = written("vmlinuz", RunnableKernel.kernel());
        Files.write(directory.resolve("own.o"), object("handler-quiet"));
        Files.write(directory.resolve("victim.o"), object("victim-user"));
    }

    private static String written(String name, MiniatureKernel kernel) throws IOException {
        return Files.write(directory.resolve(name), kernel.bzImage(Payload.GZIP))
                .toString();
    }

    private static byte[] object(String name) throws IOException {
        try (InputStream object = KernelRunTest.class.getResourceAsStream("/io/github/nmi64/bringup/" + name + ".o")) {
            return Objects.requireNonNull(object).readAllBytes();
        }
    }

    /** A command with the kernel. */
    private static Ended kernel(String command, String options) {
        return nmi64(words(command, vmlinuz, options));
    }

    private static String[] words(String command, String kernel, String options) {
        List<String> words = new ArrayList<>(List.of(command, "--kernel", kernel));
        Stream.of(options.split(" ")).filter(word -> !word.isEmpty()).forEach(words::add);
        return words.toArray(String[]::new);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "user, quiet, window",
        "kernel, quiet, window",
        "kernel, int3, window",
        "kernel, poke, window",
        "kernel, page-fault, window",
        "user, int3, window",
        "user, poke, window",
        "user, page-fault, window",
        "syscall, quiet, entry_SYSCALL_64",
        "syscall-on-nmi-stack, int3, entry_SYSCALL_64"
    })
    void a_run_delivers_an_nmi_to_a_victim(String victim, String handler, String place) {
        Ended run = kernel("run", "--victim " + victim + " --handler " + handler + " --nmi at=" + place);

        run.with(ExitCode.OK);
        assertThat(run.out())
                .contains("fixture    vmlinuz " + victim + "/" + handler + ": ")
                .contains("outcome    exit 0 ")
                .contains("nmi        1 asserted, 1 latched, 0 merged, 1 delivered")
                .contains("NMI delivered at " + place)
                .contains("interrupted context resumed at " + place);
    }

    @Test
    void a_trace_shows_the_kernels_own_instructions_by_its_own_names() {
        Ended trace = kernel("trace", "--victim user --handler int3 --nmi at=window");

        assertThat(trace.with(ExitCode.OK).out()).contains("swapgs", "exc_nmi", "nmi_handler+0x1", "exc_int3");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "--handler quiet --victim user",
        "--handler quiet --victim kernel",
        "--handler quiet --victim syscall",
        "--handler quiet --victim syscall-on-nmi-stack",
        "--window window..window+0x1",
        "--handler page-fault --window window..window+0x1"
    })
    void a_sound_entry_is_proved(String options) {
        Ended check = kernel("check", options);

        assertThat(check.with(ExitCode.OK).out()).contains("verdict    proved");
    }

    @Test
    void names_behind_the_tokens_do_as_well() throws IOException {
        String later = written("later", RunnableKernel.kernel().offsetsFirst(false));

        Ended check = nmi64(words("check", later, "--victim user --handler quiet"));

        assertThat(check.with(ExitCode.OK).out()).contains("verdict    proved");
    }

    /** Without the test of the fix-up region, of DF, of the GS base; and what replays it shows it again. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "region_branch=9090, kernel, int3, window+0x1",
        "direction_branch=9090, syscall-on-nmi-stack, quiet, window_end",
        "asm_exc_nmi+0x8=909090, user, quiet, window_end"
    })
    void a_planted_defect_is_found_and_its_schedule_replayed(String poke, String victim, String handler, String end) {
        Ended check = kernel(
                "check",
                "--victim " + victim + " --handler " + handler + " --poke " + poke + " --window window.." + end);

        assertThat(check.with(ExitCode.VIOLATED).out()).contains("verdict    violated: ");
        List<String> replay = replay(check.out());
        assertThat(replay)
                .containsSequence("--kernel", vmlinuz, "--victim", victim, "--handler", handler, "--poke", poke);
        Ended run = nmi64(replay.subList(1, replay.size()).toArray(String[]::new));
        assertThat(run.with(ExitCode.VIOLATED).out()).contains("verdict    violated");
        String invariant = first(check.out(), "verdict +violated: (\\S+)");
        if (!invariant.equals("progress")) { // which a run cannot know of
            assertThat(run.out()).contains(invariant);
        }
    }

    private static List<String> replay(String out) {
        return List.of(first(out, "replay\n +(.*)\n").split(" "));
    }

    private static String first(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern + " in " + text).isTrue();
        return matcher.group(1);
    }

    @Test
    void all_is_a_row_for_every_victim_and_handler() {
        Ended victims = kernel("check", "--all --handler quiet");
        Ended handlers = kernel("check", "--all --victim kernel --max-events 0");

        assertThat(victims.with(ExitCode.OK).out().lines())
                .hasSize(5)
                .allMatch(line -> line.startsWith("ok ") || line.equals("4 fixtures: 4 ok, 0 failed"));
        assertThat(victims.out()).contains("kernel/quiet ", "user/quiet ", "syscall/quiet ", "nmi-stack/quiet ");
        assertThat(handlers.with(ExitCode.OK).out())
                .contains("kernel/quiet ", "kernel/int3 ", "kernel/poke ", "kernel/page-fault ", "4 fixtures: 4 ok");
    }

    @Test
    void a_defect_is_found_with_the_victims_it_concerns() {
        Ended all = kernel("check", "--all --handler quiet --poke direction_branch=9090");

        assertThat(all.with(ExitCode.VIOLATED).out())
                .contains("4 fixtures: 3 ok, 1 failed")
                .containsPattern("FAILED +\\S+ syscall-on-nmi-stack/quiet +violated");
    }

    @Test
    void what_a_kernel_lacks_concerns_the_handlers_that_need_it() throws IOException {
        String lacking = written("lacking", RunnableKernel.kernel().without("bp_desc"));

        Ended all = nmi64(words("check", lacking, "--all --victim user --window window..window+0x1 --max-events 0"));

        assertThat(all.with(ExitCode.BAD_INPUT).out())
                .containsPattern(
                        "ERROR +\\S+ user/poke +.*needs 'bp_desc', which neither the kernel nor another object has")
                .contains("4 fixtures: 3 ok, 0 failed, 1 unusable");
    }

    @Test
    void a_handler_of_ones_own_is_an_object_file() {
        Ended check = kernel("check", "--victim user --handler " + directory.resolve("own.o"));

        assertThat(check.with(ExitCode.OK).out()).contains("verdict    proved", "user/" + directory.resolve("own.o"));
    }

    @Test
    void mutants_of_the_entry_are_planted_one_after_the_other() {
        Ended mutate = nmi64("kernel", "mutate", vmlinuz, "--scenarios", "user/quiet", "--every", "25");

        assertThat(mutate.with(ExitCode.OK).out())
                .contains("none ", "asm_exc_nmi", "without push ", " defects: ")
                .containsPattern("violated: ");
    }

    @Test
    void without_an_entry_there_is_nothing_to_mutate() throws IOException {
        String lacking = written("no-entry", RunnableKernel.kernel().without("asm_exc_nmi"));

        nmi64("kernel", "mutate", lacking, "--scenarios", "user/quiet")
                .refused(ExitCode.BAD_INPUT, "the kernel has no asm_exc_nmi");
    }

    /** What is asked for, and what the complaint mentions. */
    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of("run", "rfc/plain", "give FIXTURE 'rfc/plain' or --kernel, not both"),
                Arguments.of("check", "rfc/plain", "give FIXTURE 'rfc/plain' or --kernel, not both"),
                Arguments.of("check", "--victim usr", "--victim: unknown victim 'usr' (did you mean 'user'?)"),
                Arguments.of(
                        "check",
                        "--victim nobody",
                        "--victim: unknown victim 'nobody'; known are kernel, user, syscall, syscall-on-nmi-stack"),
                Arguments.of("run", "--handler quite", "--handler: with --kernel it is one of quiet, int3, poke,"),
                Arguments.of("run", "--handler quite", "(did you mean 'quiet'?)"),
                Arguments.of("run", "--handler no/such.o", "--handler: 'no/such.o' does not exist"),
                Arguments.of("run", "--poke asm_exc_nmi", "--poke: expected SYMBOL[+OFF]=HEX, such as"),
                Arguments.of(
                        "run",
                        "--poke asm_exc_nmj=90",
                        "the kernel has no 'asm_exc_nmj' (did you mean 'asm_exc_nmi'?)"),
                Arguments.of("run", "--poke asm_exc_nmi+0x100000=90", "file has no 1 bytes at asm_exc_nmi+0x100000"),
                Arguments.of("run", "--poke init_stack=90", "file has no 1 bytes at init_stack+0x0"),
                Arguments.of("check", "--all --save x", "--save: for a single fixture only"));
    }

    @ParameterizedTest(name = "{0} --kernel vmlinuz {1}")
    @MethodSource("refused")
    void what_does_not_fit_is_refused_in_one_line(String command, String options, String mentioned) {
        kernel(command, options).refused(ExitCode.BAD_INPUT, mentioned);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "check --victim user rfc/plain | --victim: for a kernel; give --kernel IMAGE",
                "run --victim user rfc/plain | --victim: for a kernel; give --kernel IMAGE",
                "run --poke x=90 rfc/plain | --poke: for a kernel; give --kernel IMAGE",
                "check --all rfc/plain | --all: for a kernel; give --kernel IMAGE",
                "check --all | --all: for a kernel; give --kernel IMAGE",
                "run --kernel no/such/file | no/such/file: does not exist",
                "run --kernel /dev/null | /dev/null: is not a regular file"
            })
    void what_only_a_kernel_has_needs_one(String command, String mentioned) {
        nmi64(command.split(" ")).refused(ExitCode.BAD_INPUT, mentioned);
    }

    /** Names without which nothing runs, and what names them. */
    @ParameterizedTest
    @CsvSource({
        "__per_cpu_load, the kernel has no '__per_cpu_load'",
        "cpu_tss_rw, \"setup needs 'cpu_tss_rw', which neither\"",
        "gdt_page, \"setup needs 'cpu0.gdt_page', which neither\"",
        "idt_table, unknown symbol 'idt_table'",
        "idt_setup_traps, \"setup needs 'idt_setup_traps', which neither the kernel nor another object has\"",
        "die_chain, \"needs 'die_chain', which neither\"",
        "repeat_nmi, unknown symbol 'repeat_nmi'",
        "init_stack, unknown symbol 'init_stack'"
    })
    void a_name_the_kernel_lacks_is_told(String name, String mentioned) throws IOException {
        String lacking = written("without-" + name, RunnableKernel.kernel().without(name));

        nmi64(words("run", lacking, "")).refused(ExitCode.BAD_INPUT, mentioned.replace("\"", ""));
    }

    @Test
    void a_kernel_without_types_is_refused() throws IOException {
        String lacking = written("plain", RunnableKernel.kernel().btf(new byte[0]));

        nmi64(words("check", lacking, ""))
                .refused(ExitCode.BAD_INPUT, "the kernel was built without BTF (CONFIG_DEBUG_INFO_BTF)");
    }

    @ParameterizedTest
    @CsvSource({
        "cpu_entry_area, the kernel has no struct cpu_entry_area with a member gdt",
        "nmiaction, \"setup needs 'offsetof.nmiaction.handler', which neither\""
    })
    void a_structure_the_kernel_lacks_is_told(String structure, String mentioned) throws IOException {
        BtfTypes types = RunnableKernel.types().without(structure);
        String lacking = written("without-" + structure, RunnableKernel.kernel().btf(types.section()));

        nmi64(words("run", lacking, "")).refused(ExitCode.BAD_INPUT, mentioned.replace("\"", ""));
    }

    @Test
    void a_handler_is_an_object_that_defines_one() throws IOException {
        Path linked = Files.copy(
                Path.of("src/main/resources/io/github/nmi64/fixtures/v33/plain.elf"), directory.resolve("linked.o"));
        Path cut = Files.write(directory.resolve("cut.o"), Arrays.copyOf(object("handler-quiet"), 100));

        kernel("run", "--handler " + directory.resolve("victim.o"))
                .refused(ExitCode.BAD_INPUT, "victim.o does not define 'nmi_handler'");
        kernel("run", "--handler " + linked)
                .refused(ExitCode.BAD_INPUT, "linked.o: is linked (ET_EXEC); give the object file it was made from");
        kernel("run", "--handler " + cut).refused(ExitCode.BAD_INPUT, "cut.o: is truncated");
    }
}
