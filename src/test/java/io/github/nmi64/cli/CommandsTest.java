package io.github.nmi64.cli;

import static io.github.nmi64.cli.Nmi64Call.nmi64;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.nmi64.dump.MiniatureCore;
import io.github.nmi64.image.TinyElf;
import io.github.nmi64.kernel.BootableKernel;
import io.github.nmi64.kernel.MiniatureKernel;
import io.github.nmi64.kernel.Payload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Help, manual, completion, listings, and running many fixtures. */
class CommandsTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "run",
                "trace",
                "check",
                "merge",
                "catalogue",
                "fixtures",
                "fixtures list",
                "fixtures run",
                "disasm",
                "kernel",
                "completion",
                "man"
            })
    void every_command_has_help_with_examples(String command) {
        Ended ended = nmi64((command + " --help").strip().split(" ")).with(ExitCode.OK);

        assertThat(ended.out()).startsWith("Usage: nmi64").contains("Examples:\n  nmi64 ");
        assertThat(ended.err()).isEmpty();
    }

    @Test
    void the_version_is_told() {
        assertThat(nmi64("--version").with(ExitCode.OK).out()).startsWith("nmi64 ");
    }

    @Test
    void the_completion_script_offers_commands_options_and_choices() {
        String script = nmi64("completion").with(ExitCode.OK).out();

        assertThat(script)
                .startsWith("#!/usr/bin/env bash")
                .contains(
                        "run trace check merge catalogue fixtures disasm kernel",
                        "--trace-out",
                        "--shard",
                        "--markdown",
                        "\"jsonl\"",
                        "complete -F");
    }

    @Test
    void every_command_has_a_manual_page_in_man_macros() throws IOException {
        nmi64("man", directory.toString()).with(ExitCode.OK);

        assertThat(directory).isDirectoryContaining("glob:**/nmi64-fixtures-run.1");
        try (var pages = Files.list(directory)) {
            for (Path page : pages.toList()) {
                assertThat(page).content().startsWith(".TH \"NMI64").contains(".SH \"NAME\"", ".SH \"EXAMPLES\"");
                assertThat(Files.readAllLines(page))
                        .filteredOn(line -> line.startsWith(".") || line.startsWith("'"))
                        .allMatch(line -> line.matches("\\.(TH|SH|TP|B|br|nf|fi)( .*)?"));
            }
        }
        assertThat(nmi64("man").with(ExitCode.OK).out()).isEqualTo(Files.readString(directory.resolve("nmi64.1")));
    }

    @Test
    void bundled_fixtures_are_listed_with_their_titles() {
        String list = nmi64("fixtures", "list").with(ExitCode.OK).out();

        assertThat(list.lines()).anyMatch(line -> line.matches("rfc/nested-handler +Nested NMI .*"));
        assertThat(nmi64("fixtures").with(ExitCode.OK).out()).isEqualTo(list);
    }

    @Test
    void bundled_fixtures_of_a_family_are_run() {
        Ended ended = nmi64("fixtures", "run", "prepatch/").with(ExitCode.OK);

        assertThat(ended.out()).startsWith("ok     prepatch/").endsWith("2 fixtures: 2 ok, 0 failed\n");
    }

    @Test
    void a_directory_of_fixtures_is_a_test_suite() throws IOException {
        write("a.elf", "f4", "expect outcome halted");
        write("b.elf", "f4", "expect outcome exit");
        write("c.elf", "0f0b", "");
        Files.writeString(directory.resolve("d.elf"), "no image");
        Files.writeString(directory.resolve("notes.txt"), "not a fixture");

        Ended text = nmi64("fixtures", "run", directory.toString()).with(ExitCode.VIOLATED);
        Ended json = nmi64("fixtures", "run", directory.toString(), "--result", "json")
                .with(ExitCode.VIOLATED);

        assertThat(text.out().lines())
                .hasSize(5)
                .anyMatch(line -> line.matches("ok     \\S*/a.elf +halted"))
                .anyMatch(line -> line.matches("FAILED \\S*/b.elf +halted; expected outcome exit, found halted"))
                .anyMatch(line -> line.matches("FAILED \\S*/d.elf +.*is not an ELF file"))
                .contains("4 fixtures: 1 ok, 3 failed");
        JsonObject result = JsonParser.parseString(json.out()).getAsJsonObject();
        assertThat(result.keySet()).containsExactly("fixtures", "ok", "failed");
        assertThat(result.get("failed").getAsInt()).isEqualTo(3);
        assertThat(result.getAsJsonArray("fixtures")
                        .get(2)
                        .getAsJsonObject()
                        .get("exitCode")
                        .getAsInt())
                .isEqualTo(ExitCode.GUEST_DIED.number());
    }

    private void write(String name, String code, String directives) throws IOException {
        byte[] bytes = HexFormat.of().parseHex(code);
        TinyElf elf =
                new TinyElf().segment(TinyElf.TEXT, 5, bytes, bytes.length).directives(directives);
        Files.write(directory.resolve(name), elf.bytes());
    }

    @Test
    void code_is_listed_as_objdump_does() throws IOException {
        byte[] code = HexFormat.of().parseHex("48b8efcdab8967452301c706f4c3");
        byte[] elf = new TinyElf()
                .segment(TinyElf.TEXT, 5, code, code.length)
                .section(".text", 1, 6, TinyElf.TEXT, code)
                .symbol("_start", TinyElf.TEXT)
                .symbol("stop", TinyElf.TEXT + 12)
                .bytes();
        Path file = Files.write(directory.resolve("x.elf"), elf);

        assertThat(nmi64("disasm", file.toString()).with(ExitCode.OK).out())
                .isEqualTo("""

                    FILE:     file format elf64-x86-64


                    Disassembly of section .text:

                    ffffffff81000000 <_start>:
                    ffffffff81000000:\t48 b8 ef cd ab 89 67 \tmovabs $0x123456789abcdef,%rax
                    ffffffff81000007:\t45 23 01\s
                    ffffffff8100000a:\tc7                   \t(bad)
                    ffffffff8100000b:\t06                   \t(bad)

                    ffffffff8100000c <stop>:
                    ffffffff8100000c:\tf4                   \thlt
                    ffffffff8100000d:\tc3                   \tret
                    """.replace("FILE", file.toString()));
    }

    @Test
    void a_kernel_is_told_by_what_it_holds() throws IOException {
        Path file = Files.write(directory.resolve("vmlinuz"), new MiniatureKernel().bzImage(Payload.ZSTD));

        assertThat(nmi64("kernel", file.toString()).with(ExitCode.OK).out())
                .isEqualTo("""
                    kernel     Linux version 6.1.0-miniature (nobody@nowhere) #1 SMP
                    payload    zstd, unpacks to %,d bytes
                    memory     8 KiB
                    symbols    607, kallsyms with the offsets before the names
                    types      none (built without BTF)
                    boot       0 alternatives
                    entry      asm_exc_nmi from 0xffffffff81008010 to 0xffffffff81008200
                               +0x130  repeat_nmi
                               +0x150  end_repeat_nmi
                    """.formatted(new MiniatureKernel().elf().length));
    }

    @Test
    void the_patches_of_a_kernels_entry_are_told_by_processor() throws IOException {
        BootableKernel kernel =
                new BootableKernel(true).code(4, "90 90 90").alternative(4, 3, "0f 01 ca", BootableKernel.SMAP, 0);
        Path file = Files.write(directory.resolve("vmlinuz"), kernel.bzImage(Payload.LZ4));

        assertThat(nmi64("kernel", file.toString(), "--cpu", "smap")
                        .with(ExitCode.OK)
                        .out())
                .endsWith("""
                    boot       1 patches for the processor 'smap'
                    entry      asm_exc_nmi from 0xffffffff81300000 to 0xffffffff81300100
                               +0x4    0f 01 ca                 with smap
                               +0x40   repeat_nmi
                               +0x60   end_repeat_nmi
                    """);
        assertThat(nmi64("kernel", file.toString(), "--cpu", "generic")
                        .with(ExitCode.OK)
                        .out())
                .contains("boot       0 patches for the processor 'generic'\n");
        assertThat(nmi64("kernel", file.toString(), "--cpu", "snap")
                        .with(ExitCode.BAD_INPUT)
                        .err())
                .isEqualTo("nmi64: processor 'snap': the kernel knows no feature 'snap' (did you mean 'smap'?)\n");
        assertThat(nmi64("kernel", file.toString(), "--symbols")
                        .with(ExitCode.OK)
                        .out())
                .contains("ffffffff81300000 T asm_exc_nmi\n");
    }

    @Test
    void a_function_of_a_kernel_is_disassembled_as_a_processors_boot_has_patched_it() throws IOException {
        BootableKernel kernel =
                new BootableKernel(true).code(0, "90 90 90 c3").alternative(0, 3, "0f 01 ca", BootableKernel.SMAP, 0);
        String file = Files.write(directory.resolve("vmlinuz"), kernel.bzImage(Payload.LZ4))
                .toString();

        assertThat(nmi64("disasm", file, "--from", "asm_exc_nmi", "--cpu", "smap")
                        .with(ExitCode.OK)
                        .out())
                .startsWith("""

                    FILE:     file format elf64-x86-64


                    ffffffff81300000 <asm_exc_nmi>:
                    ffffffff81300000:\t0f 01 ca             \tclac
                    ffffffff81300003:\tc3                   \tret
                    """.replace("FILE", file));
        assertThat(nmi64("disasm", file, "--from", "asm_exc_nmi")
                        .with(ExitCode.OK)
                        .out())
                .contains("ffffffff81300000:\t90                   \tnop\n");
        assertThat(nmi64("disasm", file, "--from", "asm_exc_nmj")
                        .with(ExitCode.BAD_INPUT)
                        .err())
                .isEqualTo(
                        "nmi64: --from: unknown symbol 'asm_exc_nmj' (did you mean 'asm_exc_nmi'?) in " + file + "\n");
        assertThat(nmi64("disasm", file, "--from", "linux_banner")
                        .with(ExitCode.BAD_INPUT)
                        .err())
                .isEqualTo("nmi64: --from: 'linux_banner' is no function of " + file + "\n");
    }

    @Test
    void a_dump_is_gone_on_from_in_place_of_a_fixture() throws IOException {
        String file = Files.write(directory.resolve("vmcore"), new MiniatureCore().bytes())
                .toString();

        assertThat(nmi64("run", "--core", file, "--steps", "7")
                        .with(ExitCode.OK)
                        .out())
                .contains("vmcore: stopped in user mode", "end of 'steps' after 7 instructions");
        assertThat(nmi64("trace", "--core", file, "--steps", "2")
                        .with(ExitCode.OK)
                        .out())
                .contains("program+0x3", "push");
        assertThat(nmi64("check", "--core", file, "--poke", "asm_exc_nmi+0x6=5a")
                        .with(ExitCode.VIOLATED)
                        .out())
                .contains("nmi64 run --core " + file + " --poke asm_exc_nmi+0x6=5a --inject nmi@at=program");
    }

    @Test
    void what_cannot_be_said_of_a_dump_is_bad_input() throws IOException {
        String file = Files.write(directory.resolve("vmcore"), new MiniatureCore().bytes())
                .toString();

        assertThat(nmi64("run", "v33/plain", "--core", file)
                        .with(ExitCode.BAD_INPUT)
                        .err())
                .isEqualTo("nmi64: give --core alone, not with a FIXTURE\n");
        assertThat(nmi64("run", "--core", file, "--kernel", file)
                        .with(ExitCode.BAD_INPUT)
                        .err())
                .isEqualTo("nmi64: give --core alone, not with --kernel\n");
        assertThat(nmi64("check", "--core", file, "--victim", "user")
                        .with(ExitCode.BAD_INPUT)
                        .err())
                .isEqualTo("nmi64: --victim: for --kernel; with --core it is what the dump has\n");
        assertThat(nmi64("run", "v33/plain", "--steps", "3")
                        .with(ExitCode.BAD_INPUT)
                        .err())
                .isEqualTo("nmi64: --steps: for a dump; give --core FILE\n");
        assertThat(nmi64("check", "v33/plain", "--keep-handlers")
                        .with(ExitCode.BAD_INPUT)
                        .err())
                .isEqualTo("nmi64: --keep-handlers: for a dump; give --core FILE\n");
        assertThat(nmi64("run", "--core", file, "--msr", "lstar")
                        .with(ExitCode.BAD_INPUT)
                        .err())
                .startsWith("nmi64: --msr: expected NAME=VALUE");
        assertThat(nmi64("run", "--core", file, "--msr", "gs=1")
                        .with(ExitCode.BAD_INPUT)
                        .err())
                .startsWith("nmi64: --msr: unknown register 'gs'");
        assertThat(nmi64("run", "--core", directory.toString())
                        .with(ExitCode.BAD_INPUT)
                        .err())
                .isEqualTo("nmi64: " + directory + ": is not a regular file\n");
    }

    @Test
    void what_is_no_kernel_is_bad_input() throws IOException {
        Path file = Files.writeString(directory.resolve("vmlinuz"), "MZ");

        assertThat(nmi64("kernel", file.toString()).with(ExitCode.BAD_INPUT).err())
                .isEqualTo("nmi64: " + file + ": is neither a bzImage nor an ELF file\n");
    }
}
