package io.github.nmi64.bench;

import io.github.nmi64.core.Rules;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.machine.BootImage;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.timing.CostModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;

/** The measured loops: what they are called, and a machine about to run one. */
public final class MeasuredLoop {
    public static final List<String> NAMES = List.of("alu", "memory", "call", "int3", "mixed");

    private static final long CODE = 0x10_0000;
    private static final long RAM = 0x20_0000;
    private static final int RAM_SIZE = 0x2_0000;
    private static final long STACK = 0x8_0000;
    private static final long EXIT = 0x1f_0000;
    private static final byte[] OUT_EAX_F4 = {(byte) 0xe7, (byte) 0xf4};

    private MeasuredLoop() {}

    /** A machine that makes the given number of rounds and then leaves through the exit port. A step is a cycle. */
    public static Machine machine(String name, long rounds) {
        byte[] returnAddress = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(EXIT)
                .array();
        BootImage image = new BootImage(CODE)
                .segment(CODE, code(name), 0)
                .segment(RAM, new byte[0], RAM_SIZE)
                .segment(STACK - 0x1000, new byte[0], 0x1000)
                .segment(STACK, returnAddress, 0)
                .segment(EXIT, OUT_EAX_F4, 0)
                .stackTop(STACK);
        Machine machine = new Machine(image, Rules.INTEL, CostModel.UNIT);
        machine.state().gpr[Gpr.RDI] = rounds;
        return machine;
    }

    private static byte[] code(String name) {
        try (InputStream in = MeasuredLoop.class.getResourceAsStream(name + ".bin")) {
            return Objects.requireNonNull(in, name).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
