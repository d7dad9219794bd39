package io.github.nmi64.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.bringup.BringupException;
import io.github.nmi64.bringup.Handler;
import io.github.nmi64.bringup.KernelFixture;
import io.github.nmi64.bringup.KernelSetup;
import io.github.nmi64.bringup.Victim;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.FixtureException;
import io.github.nmi64.image.ImageException;
import io.github.nmi64.image.ObjectFile;
import io.github.nmi64.kernel.CpuModel;
import io.github.nmi64.kernel.KernelFormatException;
import io.github.nmi64.kernel.KernelImage;
import io.github.nmi64.kernel.RunnableKernel;
import io.github.nmi64.machine.BootImageException;
import io.github.nmi64.run.FixtureRun;
import io.github.nmi64.run.RunOptions;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.TraceSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Damaged kernels, and damaged objects beside a sound one: refused in one line, or run to an end. */
class MalformedKernelsTest {
    private static final int KERNELS = 60;
    private static final int OBJECTS = 1_000;
    private static final long MEMORY = 64L << 20;
    private static final long INSTRUCTIONS = 300;

    private final Mutations mutations = new Mutations(new SplittableRandom(0x6b65726e));
    private int refused;

    private interface Attempt {
        void make() throws Exception;
    }

    private void attempt(byte[] damaged, Attempt attempt) throws Exception {
        Bounds.within(MEMORY, HexFormat.of().formatHex(damaged, 0, Math.min(64, damaged.length)), () -> {
            try {
                attempt.make();
            } catch (KernelFormatException
                    | BringupException
                    | FixtureException
                    | ImageException
                    | BootImageException e) {
                refused++;
                assertThat(e.getMessage()).hasLineCount(1).doesNotContainPattern("\\p{Cntrl}");
            } catch (RuntimeException | Error e) {
                throw new AssertionError("damaged: " + HexFormat.of().formatHex(damaged), e);
            }
            return true;
        });
    }

    private static void run(KernelImage kernel, Handler handler) {
        Fixture fixture = KernelFixture.of(
                kernel, new KernelSetup(Victim.USER, handler, CpuModel.parse("generic", kernel), List.of()), List.of());
        RunOptions options = RunOptions.defaults(CostModel.UNIT)
                .withMaxInstructions(INSTRUCTIONS)
                .withMaxCycles(10 * INSTRUCTIONS);
        new FixtureRun(fixture, options).run(TraceSink.NONE);
    }

    @Test
    void a_damaged_kernel_is_refused_or_runs_to_an_end() throws Exception {
        byte[] valid = RunnableKernel.kernel().elf();
        Handler quiet = Handler.bundled("quiet");
        for (int i = 0; i < KERNELS; i++) {
            byte[] damaged = mutations.ofHead(valid, i % 2 == 0 ? 0x300 : valid.length);
            attempt(damaged, () -> run(KernelImage.read("damaged", damaged), quiet));
        }

        assertThat(refused).isBetween(KERNELS / 10, KERNELS - KERNELS / 10);
    }

    @Test
    void a_damaged_handler_is_refused_or_runs_to_an_end() throws Exception {
        KernelImage kernel = KernelImage.read("sound", RunnableKernel.kernel().elf());
        List<byte[]> valid = new ArrayList<>();
        for (String name : List.of("handler-quiet", "handler-int3", "handler-poke")) {
            valid.add(object(name));
        }
        for (int i = 0; i < OBJECTS; i++) {
            byte[] damaged = mutations.of(valid.get(i % valid.size()));
            boolean isToRun = i % 8 == 0;
            attempt(damaged, () -> {
                ObjectFile object = ObjectFile.read("damaged.o", damaged);
                if (isToRun) {
                    run(kernel, new Handler("damaged.o", object));
                }
            });
        }

        assertThat(refused).isBetween(OBJECTS / 10, OBJECTS - OBJECTS / 10);
    }

    private static byte[] object(String name) throws IOException {
        try (InputStream object = Handler.class.getResourceAsStream(name + ".o")) {
            return Objects.requireNonNull(object).readAllBytes();
        }
    }
}
