package io.github.nmi64.dump;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.SegmentState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is read of a core that the test has made, and what is refused, in which words. */
class CoreFileTest {
    private static final int MUTATIONS = 400;

    @TempDir
    private Path directory;

    private CoreFile.Contents read(byte[] file) throws IOException {
        return CoreFile.load(Files.write(directory.resolve("vmcore"), file));
    }

    @Test
    void the_registers_of_the_processor_are_read_with_their_hidden_parts() throws IOException {
        CpuState state = read(new MiniatureCore().bytes()).state();

        assertThat(state.rip).isEqualTo(MiniatureCore.PROGRAM);
        assertThat(state.gpr[Gpr.RBX]).isEqualTo(MiniatureCore.RBX);
        assertThat(state.gpr[Gpr.RSP]).isEqualTo(MiniatureCore.PROGRAM + 0x2000);
        assertThat(state.cpl).isEqualTo(3);
        assertThat(state.segments.selector[Segment.CS]).isEqualTo(0x33);
        assertThat(state.segments.limit[Segment.CS]).isEqualTo(0xffff_ffffL);
        assertThat(state.segments.rights[Segment.CS]).isEqualTo(0xa0fb);
        assertThat(state.segments.rights[Segment.DS]).isEqualTo(SegmentState.UNUSABLE);
        assertThat(state.cr3).isEqualTo(0x1000);
        assertThat(state.idtLimit).isEqualTo(0xfff);
    }

    /** QEMU's own processor leaves the type of TR as it was in the GDT before LTR. */
    @Test
    void the_task_register_is_busy() throws IOException {
        assertThat(read(new MiniatureCore().bytes()).state().segments.rights[Segment.TR] & 0xf)
                .isEqualTo(0xb);
    }

    @Test
    void memory_is_where_the_segments_say_and_device_memory_is_left_out() throws IOException {
        CoreFile.Contents contents = read(new MiniatureCore().bytes());

        assertThat(contents.memory().size()).isEqualTo(4 << 20);
        assertThat(contents.memory().load64(0xc000)).isEqualTo(0x00f9_eb59_53c3_ff48L);
        assertThat(contents.memory().load64(0xfd00_0000L)).isEqualTo(-1);
    }

    @Test
    void two_dumps_have_one_print_if_memory_and_registers_are_equal() throws IOException {
        String print = read(new MiniatureCore().bytes()).sha256();

        assertThat(read(new MiniatureCore().bytes()).sha256()).isEqualTo(print);
        assertThat(read(new MiniatureCore()
                                .registers(note -> note.putLong(8, 1))
                                .bytes())
                        .sha256())
                .isNotEqualTo(print);
        assertThat(read(new MiniatureCore()
                                .memory(memory -> memory.put(0xdfff, (byte) 1))
                                .bytes())
                        .sha256())
                .isNotEqualTo(print);
    }

    private static Arguments refused(String words, UnaryOperator<MiniatureCore> change) {
        return Arguments.of(words, change);
    }

    static Stream<Arguments> what_is_refused() {
        return Stream.of(
                refused("with 2 processors; give the guest one (-smp 1)", core -> core.processors(2)),
                refused("has no note 'QEMU'", core -> core.processors(0)),
                refused("was not taken in 64-bit mode", core -> core.registers(note -> note.putLong(392, 0x11))),
                refused(
                        "bits of CR4 that nmi64 does not know: 0x1000; give the guest",
                        core -> core.registers(note -> note.putLong(392 + 32, 0x16f0))),
                refused(
                        "bits of RFLAGS that nmi64 does not know: 0x20000",
                        core -> core.registers(note -> note.putLong(8 + 8 * 17, 0x2_0202))),
                refused("not canonical", core -> core.registers(note -> note.putLong(432, 1L << 50))),
                refused("privilege level", core -> core.registers(note -> note.putInt(152, 0x31))),
                refused("in a form that is not known", core -> core.registers(note -> note.putInt(0, 2))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void what_is_refused(String words, UnaryOperator<MiniatureCore> change) {
        byte[] file = change.apply(new MiniatureCore()).bytes();

        assertThatExceptionOfType(CoreFormatException.class)
                .isThrownBy(() -> read(file))
                .withMessageContaining(words);
    }

    private static Arguments damage(String words, UnaryOperator<ByteBuffer> change) {
        return Arguments.of(words, change);
    }

    static Stream<Arguments> a_damaged_file_is_refused() {
        return Stream.of(
                damage("is too short", file -> file.slice(0, 20)),
                damage("is no ELF core", file -> file.put(0, (byte) 0)),
                damage("is no ELF core of an x86-64 machine", file -> file.putShort(16, (short) 2)),
                damage("is cut off: its memory at 0x0", file -> file.slice(0, 1 << 20)),
                damage("is cut off: its table of segments", file -> file.putLong(32, -1)),
                damage("segments; the limit is", file -> file.putShort(56, (short) -1)),
                damage("is cut off: its memory", file -> file.putLong(64 + 56 + 32, Long.MAX_VALUE)),
                damage("is not the beginning of a page", file -> file.putLong(64 + 56 + 24, 0x10)),
                damage("less than 3 GiB", file -> file.putLong(64 + 56 + 24, 1L << 40)),
                damage("a note does not end", file -> file.putInt(64 + 3 * 56, -1)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void a_damaged_file_is_refused(String words, UnaryOperator<ByteBuffer> change) {
        ByteBuffer file = ByteBuffer.wrap(new MiniatureCore().bytes()).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        ByteBuffer changed = change.apply(file);
        byte[] bytes = new byte[changed.capacity()];
        changed.get(0, bytes);

        assertThatExceptionOfType(CoreFormatException.class)
                .isThrownBy(() -> read(bytes))
                .withMessageContaining(words);
    }

    @Test
    void what_is_no_file_is_refused() {
        assertThatExceptionOfType(CoreFormatException.class)
                .isThrownBy(() -> CoreFile.load(directory))
                .withMessageEndingWith("is not a regular file");
        assertThatExceptionOfType(CoreFormatException.class)
                .isThrownBy(() -> CoreFile.load(directory.resolve("none")))
                .withMessageEndingWith("does not exist");
    }

    /** Whatever the headers and notes hold: a dump, or one sentence. */
    @Test
    void no_damage_of_headers_or_notes_ends_otherwise() throws IOException {
        byte[] file = new MiniatureCore().bytes();
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] changed = i % 8 == 0 ? Arrays.copyOf(file, random.nextInt(2000)) : file.clone();
            for (int flip = random.nextInt(1, 4); flip > 0 && changed.length > 0; flip--) {
                int at = random.nextInt(Math.min(changed.length, 1100));
                changed[at] = random.nextBoolean() ? (byte) (changed[at] ^ 1 << random.nextInt(8)) : (byte) -1;
            }
            try {
                assertThat(read(changed).memory().size()).isPositive();
            } catch (CoreFormatException e) {
                assertThat(e.getMessage()).doesNotContain("\n");
            }
        }
    }
}
