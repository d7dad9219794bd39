package io.github.nmi64.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Ports;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InputOutputTest {
    private static final long TSS = 0x5_0000;
    private static final int MAP = 0x68;

    /** Answers with the port number times the size and remembers who asked. */
    private static final class Recorder implements Ports {
        final List<String> accesses = new ArrayList<>();

        @Override
        public long in(int port, int size) {
            accesses.add("in %x/%d".formatted(port, size));
            return (long) port * size;
        }

        @Override
        public void out(int port, int size, long value) {
            accesses.add("out %x/%d=%x".formatted(port, size, value));
        }
    }

    private static BareCore user(int tssLimit) {
        BareCore bare = new BareCore(CodeMode.LONG64, 3);
        bare.state.segments.load(Segment.TR, 0x28, TSS, tssLimit, 0x8b);
        bare.memory.store64(TSS + 0x66, MAP);
        return bare;
    }

    /** SDM vol. 1, 19.5.2: every port of the access must be clear; both bytes read must lie within the limit. */
    @ParameterizedTest(name = "port {1}, map {2}, limit {3}: faults {4}")
    @CsvSource({
        // code, port, map,  TSS limit, faults
        "EC,     0,    0000, 69,        false",
        "EC,     0,    0001, 69,        true",
        "EC,     1,    0001, 69,        false",
        "66 ED,  7,    0080, 69,        true",
        "66 ED,  7,    0100, 69,        true",
        "66 ED,  7,    0200, 69,        false",
        "ED,     4,    0080, 69,        true",
        "ED,     4,    0f0f, 69,        false",
        "EC,     0,    0000, 68,        true",
        "EC,     8,    0000, 69,        true",
        "EC,     0,    0000, 66,        true",
        "EE,     2,    0004, 69,        true",
        "6E,     2,    0004, 69,        true",
        "6C,     2,    0004, 69,        true",
        "6C,     3,    0004, 69,        false",
    })
    void the_bitmap_decides_above_iopl(String code, int port, String map, String limit, boolean faults) {
        BareCore bare = user(Integer.parseInt(limit, 16));
        Recorder ports = new Recorder();
        bare.core.ports = ports;
        bare.memory.store64(TSS + MAP, Long.parseLong(map, 16));
        bare.state.gpr[Gpr.RDX] = port;
        bare.state.gpr[Gpr.RSI] = BareCore.DATA;
        bare.state.gpr[Gpr.RDI] = BareCore.DATA;

        var fault = bare.step(BareCore.bytes(code));

        assertThat(fault != null).isEqualTo(faults);
        assertThat(ports.accesses).hasSize(faults ? 0 : 1);
        if (fault != null) {
            assertThat(fault.vector()).isEqualTo(Vector.GP);
            assertThat(fault.errorCode()).isZero();
        }
    }

    @Test
    void iopl_makes_the_bitmap_irrelevant() {
        BareCore bare = user(0);
        bare.state.rflags |= Rflags.IOPL;

        assertThat(bare.step(0xec)).isNull();
    }

    @ParameterizedTest(name = "{0}: {1}, rax {2}")
    @CsvSource({
        "E4 60,    in 60/1,                1122334455667760",
        "66 E5 60, in 60/2,                11223344556600c0",
        "E5 60,    in 60/4,                180",
        "48 E5 60, in 60/4,                180",
        "EC,       in 3f8/1,               11223344556677f8",
        "E6 F4,    out f4/1=88,            1122334455667788",
        "66 EF,    out 3f8/2=7788,         1122334455667788",
        "48 EF,    out 3f8/4=55667788,     1122334455667788",
    })
    void sizes_and_ports(String code, String access, String rax) {
        BareCore bare = new BareCore();
        Recorder ports = new Recorder();
        bare.core.ports = ports;
        bare.state.gpr[Gpr.RAX] = 0x1122_3344_5566_7788L;
        bare.state.gpr[Gpr.RDX] = 0xffff_03f8L;

        bare.run(BareCore.bytes(code));

        assertThat(ports.accesses).containsExactly(access);
        assertThat(bare.state.gpr[Gpr.RAX]).isEqualTo(Long.parseLong(rax, 16));
    }

    /** I/O breakpoints exist only with CR4.DE (SDM vol. 3, 17.2.4). */
    @ParameterizedTest
    @CsvSource({"true, 1", "false, 0"})
    void a_breakpoint_on_the_port_is_noted(boolean debuggingExtensions, long status) {
        BareCore bare = new BareCore();
        bare.state.cr4 |= debuggingExtensions ? Control.CR4_DE : 0;
        bare.state.dr[0] = 0x60;
        bare.state.dr7 = Control.DR7_RESET | 1 | 2 << 16;
        bare.core.modeChanged();

        bare.run(0xe4, 0x60);

        assertThat(bare.state.interrupts.debugStatus).isEqualTo(status);
    }
}
