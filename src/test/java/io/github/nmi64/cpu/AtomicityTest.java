package io.github.nmi64.cpu;

import static io.github.nmi64.isa.Vector.PF;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.state.Rflags;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Instructions with several memory accesses complete or change nothing. */
class AtomicityTest {
    /** Reading works here, writing does not. */
    private static final long READ_ONLY = 0x41_0000;
    /** Nothing is mapped from here to the next page. */
    private static final long ABSENT = 0x42_0000;

    private static final long READABLE = GuestProgram.DATA;

    /** RBX, RSI: readable data; RDI: read-only; RSP: the lowest mapped byte of a stack above a gap; RBP: absent. */
    private static TestMachine machine(String instruction) {
        TestMachine machine = GuestProgram.kernel("start: " + instruction + "\nnext: 90 ; nop\n")
                .interruptGate(PF, 4)
                .boot()
                .store(READABLE, GuestProgram.KERNEL + 0x100)
                .store(READABLE + 8, 0x1234_5678_9abc_def0L)
                .store(READ_ONLY, 0x1111_1111_1111_1111L)
                .store(READ_ONLY + 8, 0x2222_2222_2222_2222L)
                .withdraw(READ_ONLY, 2)
                .withdraw(ABSENT, 1);
        machine.set(Gpr.RSP, ABSENT + 0x1000)
                .set(Gpr.RBX, READABLE)
                .set(Gpr.RSI, READABLE)
                .set(Gpr.RDI, READ_ONLY)
                .set(Gpr.RBP, ABSENT + 8)
                .set(Gpr.RAX, 0x1111_1111_1111_1111L)
                .set(Gpr.RDX, 0x2222_2222_2222_2222L)
                .set(Gpr.RCX, 5);
        return machine.raise(Rflags.CF | Rflags.SF);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ff 33       ; push (%rbx)",
                "ff 13       ; (call *(%rbx))",
                "e8 10 00 00 00 ; call",
                "50          ; push %rax",
                "9c          ; pushf",
                "0f a8       ; push %gs",
                "c8 10 00 01 ; (enter $0x10,$0x1)",
                "c9          ; leave",
                "48 a5       ; movsq",
                "f3 48 a5    ; rep movsq",
                "48 ab       ; stos",
                "48 87 07    ; xchg %rax,(%rdi)",
                "f0 48 0f c1 07 ; (lock xadd %rax,(%rdi))",
                "f0 48 01 07 ; lock add %rax,(%rdi)",
                "48 d1 27    ; (shlq (%rdi))",
                "48 0f b1 0f ; cmpxchg %rcx,(%rdi)",
                "f0 48 0f c7 0f ; lock cmpxchg16b (%rdi)",
                "48 89 87 fc 0f 00 00 ; mov %rax,0xffc(%rdi)",
                "48 89 83 fc ff 01 00 ; mov %rax,0x1fffc(%rbx)",
                "cd 30       ; int $0x30",
            })
    @DisplayName("TP-028: a #PF in the last access leaves registers, flags and memory as before")
    void a_fault_commits_nothing(String instruction) {
        TestMachine machine = machine(instruction);
        long[] before = machine.state().gpr.clone();
        machine.step();

        assertThat(machine.story()).hasSize(1);
        assertThat(machine.story().get(0)).matches("#PF\\(0x[023]\\) at start");
        assertThat(machine.last().fromRsp()).isEqualTo(before[Gpr.RSP]);
        assertThat(machine.last().fromRflags()).isEqualTo(Rflags.FIXED | Rflags.CF | Rflags.SF | Rflags.RF);
        long[] after = machine.state().gpr.clone();
        after[Gpr.RSP] = before[Gpr.RSP];
        assertThat(Arrays.toString(after)).isEqualTo(Arrays.toString(before));
        assertThat(machine.load(READ_ONLY)).isEqualTo(0x1111_1111_1111_1111L);
        assertThat(machine.load(READ_ONLY + 8)).isEqualTo(0x2222_2222_2222_2222L);
        assertThat(machine.load(0x41_fff8))
                .as("the mapped half of a store that straddles")
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "8f 07       ; (pop (%rdi))",
                "8f 44 24 f0 ; (pop -0x10(%rsp))",
            })
    @DisplayName("TP-028: POP m whose destination faults leaves RSP alone")
    void pop_to_memory(String instruction) {
        TestMachine machine = machine(instruction);
        machine.step();

        assertThat(machine.story().get(0)).startsWith("#PF").endsWith("at start");
        assertThat(machine.last().fromRsp()).isEqualTo(ABSENT + 0x1000);
    }

    /** Each with what it leaves in memory, given 3 there and 5 in RAX. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "f0 48 01 03 ; lock add %rax,(%rbx)       | 8",
                "48 87 03    ; xchg %rax,(%rbx)           | 5",
                "f0 48 0f c1 03 ; (lock xadd %rax,(%rbx)) | 8",
                "f0 48 ff 03 ; lock incq (%rbx)           | 4",
            })
    @DisplayName("TP-028: an NMI raised before a read-modify-write sees nothing of it, one raised after sees all")
    void no_nmi_inside_a_read_modify_write(String instruction, long result) {
        TestMachine before =
                machine(instruction).set(Gpr.RAX, 5).store(READABLE, 3).nmi().step();
        assertThat(before.story()).containsExactly("NMI at start");
        assertThat(before.load(READABLE)).isEqualTo(3);
        assertThat(before.reg(Gpr.RAX)).isEqualTo(5);

        TestMachine after = machine(instruction)
                .set(Gpr.RAX, 5)
                .store(READABLE, 3)
                .step()
                .nmi()
                .step();
        assertThat(after.story()).containsExactly("NMI at next");
        assertThat(after.load(READABLE)).isEqualTo(result);
    }
}
