package io.github.nmi64.cpu;

import static io.github.nmi64.isa.Vector.DB;
import static io.github.nmi64.isa.Vector.NMI;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.state.Rflags;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An NMI whose handler restores what it uses cannot be seen by the program it interrupts. */
class InvisibilityTest {
    /** Fewer boundaries than this would mean that the program did not run. */
    private static final int FEW = 100;

    @ParameterizedTest(name = "IST {0}, single-stepped {1}")
    @CsvSource({"1, false", "1, true", "0, false", "0, true"})
    @DisplayName("TP-027: one NMI at any boundary leaves registers, flags, memory and the number of #DBs as they were")
    void one_nmi_at_each_boundary(int ist, boolean stepped) {
        TestMachine plain = boot(ist, stepped).at("end");
        List<String> expected = visible(plain);
        long traps = plain.log().count(DB);
        assertThat(plain.story()).as("went through user mode").anyMatch(line -> line.startsWith("int 0x31 at user"));
        assertThat(traps > FEW / 2).as("single-stepped").isEqualTo(stepped);

        TestMachine machine = boot(ist, stepped);
        long trapsSoFar = 0;
        int boundaries = 0;
        for (; machine.state().rip != machine.address("end"); boundaries++) {
            Machine.Snapshot here = machine.machine().snapshot();
            machine.log().clear();
            machine.nmi().at("end");
            assertThat(visible(machine)).as("NMI at boundary %d", boundaries).isEqualTo(expected);
            assertThat(machine.log().count(NMI)).isEqualTo(1);
            assertThat(trapsSoFar + machine.log().count(DB))
                    .as("#DBs, NMI at boundary %d", boundaries)
                    .isEqualTo(traps);

            machine.machine().restore(here);
            machine.log().clear();
            machine.step();
            trapsSoFar += machine.log().count(DB);
        }
        assertThat(boundaries).isGreaterThan(FEW);
    }

    @ParameterizedTest(name = "IST {0}, single-stepped {1}")
    @CsvSource({"1, false", "1, true", "0, false", "0, true"})
    @DisplayName("TP-027: nor does an NMI after every single instruction, iteration and delivery")
    void a_storm(int ist, boolean stepped) {
        TestMachine plain = boot(ist, stepped).at("end");
        TestMachine machine = boot(ist, stepped);
        while (machine.state().rip != machine.address("end") || machine.blocked()) {
            boolean wasBlocked = machine.blocked();
            machine.step();
            if (!wasBlocked && !machine.blocked()) {
                machine.nmi();
            }
        }

        assertThat(visible(machine)).isEqualTo(visible(plain));
        assertThat(machine.log().count(DB)).isEqualTo(plain.log().count(DB));
        assertThat(machine.log().count(NMI)).isGreaterThan(FEW);
    }

    private static TestMachine boot(int ist, boolean stepped) {
        return AllKinds.boot(ist).raise(stepped ? Rflags.TF : 0);
    }

    /** What the program can see: registers, flags, segments, data, and the stack that is in use. */
    private static List<String> visible(TestMachine machine) {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < Gpr.COUNT; i++) {
            all.add(Gpr.NAMES.get(i) + "=" + Long.toHexString(machine.reg(i)));
        }
        all.add("rflags=" + Long.toHexString(machine.state().rflags));
        all.add("dr6=" + Long.toHexString(machine.state().dr6));
        all.add("cs=" + machine.state().selector(Segment.CS) + " ss="
                + machine.state().selector(Segment.SS));
        all.add("gs=" + machine.state().segments.base[Segment.GS] + " kernel=" + machine.state().kernelGsBase);
        for (long address = GuestProgram.DATA - 0x100; address < GuestProgram.DATA + 0x400; address += 8) {
            all.add(Long.toHexString(address) + ": " + Long.toHexString(machine.load(address)));
        }
        for (long address = machine.reg(Gpr.RSP); address < GuestProgram.KERNEL_STACK; address += 8) {
            all.add(Long.toHexString(address) + ": " + Long.toHexString(machine.load(address)));
        }
        return all;
    }
}
