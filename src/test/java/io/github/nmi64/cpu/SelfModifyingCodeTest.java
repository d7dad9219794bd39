package io.github.nmi64.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.state.Activity;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Code that changes is executed as it stands in memory at its fetch, however it was changed and fetched before. */
class SelfModifyingCodeTest {
    private static final long ALIAS = 0x48_0000;
    private static final long PRESENT_WRITABLE = 3;

    /** Adds 1 or 0x10 to EAX; the byte that differs is the third. */
    private static final String ADD_ONE = "83 c0 01        ; add $0x1,%eax";

    @Test
    @DisplayName("TP-161, TP-218: a store into the next instruction is seen by it, also after it has run before")
    void a_store_into_the_next_instruction() {
        TestMachine machine = GuestProgram.kernel("""
                again: c6 05 02 00 00 00 10 ; movb $0x10,0x2(%rip)
                next:  83 c0 01             ; add $0x1,%eax
                       c6 05 f8 ff ff ff 20 ; movb $0x20,-0x8(%rip)
                       eb f4                ; (jmp next)
                """).boot();
        machine.steps(2);
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(0x10);

        machine.steps(3);
        assertThat(machine.place()).isEqualTo("next+3");
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(0x30);
    }

    @Test
    @DisplayName("TP-218: an instruction that overwrites itself finishes as it was and runs next time as it is")
    void an_instruction_that_overwrites_itself() {
        TestMachine machine = GuestProgram.kernel("""
                here: 88 05 fc ff ff ff ; mov %al,-0x4(%rip)
                      eb f8             ; (jmp here)
                """).boot();
        long here = machine.address("here");
        machine.set(Gpr.RAX, 7).step(); // stores into its own displacement
        assertThat(machine.load(here)).isEqualTo(0xf8eb_ffff_ff07_0588L);
        assertThat(machine.load(here + 6 - 0xf9) & 0xff).isZero();

        machine.at("here").step(); // goes by the new displacement
        assertThat(machine.load(here + 6 - 0xf9) & 0xff).isEqualTo(7);
    }

    @Test
    @DisplayName("TP-218: a store through another mapping of the frame changes the code")
    void a_store_through_an_alias() {
        TestMachine machine = GuestProgram.kernel("""
                here: 83 c0 01 ; add $0x1,%eax
                      88 11    ; mov %dl,(%rcx)
                      eb f9    ; (jmp here)
                """).boot();
        machine.map(ALIAS, GuestProgram.KERNEL | PRESENT_WRITABLE)
                .set(Gpr.RCX, ALIAS + 2)
                .set(Gpr.RDX, 0x10)
                .steps(4);

        assertThat(machine.reg(Gpr.RAX)).isEqualTo(0x11);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    @DisplayName("TP-218: an instruction across two pages is seen as it stands, whichever half is changed")
    void an_instruction_across_pages(int bytesInTheFirstPage) {
        long end = GuestProgram.DATA + 0x1000;
        long start = end - bytesInTheFirstPage;
        TestMachine machine = GuestProgram.kernel("90")
                .at(start, CodeMode.LONG64, "here: " + ADD_ONE + "\nff e3 ; jmp *%rbx")
                .boot();
        machine.jumpTo("here").set(Gpr.RBX, start).steps(2);
        machine.bytes(start + 2, "20").changed().steps(2);
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(0x21);

        machine.bytes(start + 1, "e8").changed().step(); // sub $0x20,%eax
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"f3 aa ; rep stos", "f3 a4 ; rep movs"})
    @DisplayName("TP-218: REP STOSB and REP MOVSB over the code ahead are seen by it")
    void a_string_instruction_over_the_code_ahead(String string) {
        TestMachine machine = GuestProgram.kernel("""
                       eb 00 ; (jmp ahead)
                ahead: 90    ; nop
                """ + string + """

                target: 90    ; nop
                        90    ; nop
                        90    ; nop
                end:    0f 0b ; ud2
                """).boot();
        long target = machine.address("target");
        machine.store(GuestProgram.DATA, 0xc0ff_c0ffL) // inc %eax twice
                .set(Gpr.RDI, target)
                .set(Gpr.RSI, GuestProgram.DATA)
                .set(Gpr.RAX, 0xf4)
                .set(Gpr.RCX, 2)
                .jumpTo("target")
                .steps(3)
                .jumpTo("ahead")
                .at("target");
        machine.step();

        if (string.contains("movs")) {
            assertThat(machine.reg(Gpr.RAX)).isEqualTo(0xf5);
        } else {
            assertThat(machine.state().activity).isEqualTo(Activity.HALTED);
        }
    }

    @Test
    @DisplayName("TP-218: after the page table changes, the same address executes the other frame")
    void a_page_table_edit_replaces_the_code() {
        TestMachine machine = GuestProgram.kernel("90")
                .at(GuestProgram.DATA, CodeMode.LONG64, "here: " + ADD_ONE + """

                        48 89 11 ; mov %rdx,(%rcx)
                        ff e3    ; jmp *%rbx
                        """)
                .at(GuestProgram.DATA + 0x1000, CodeMode.LONG64, """
                        83 c0 10 ; add $0x10,%eax
                        f4       ; hlt
                        """)
                .boot();
        long entry = machine.pageEntry(GuestProgram.DATA);
        machine.set(Gpr.RBX, GuestProgram.DATA)
                .set(Gpr.RCX, entry)
                .set(Gpr.RDX, GuestProgram.DATA + 0x1000 | PRESENT_WRITABLE)
                .jumpTo("here")
                .steps(2);

        // No INVLPG, no branch: the very next fetch already comes from the other frame.
        machine.state().rip = GuestProgram.DATA;
        machine.step();
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(0x11);
    }

    @Test
    @DisplayName("TP-215, TP-216: rights withdrawn from the page of the code fault at the next fetch")
    void rights_withdrawn_from_running_code() {
        TestMachine machine = GuestProgram.kernel("""
                      48 89 11 ; mov %rdx,(%rcx)
                next: 90       ; nop
                """).boot();
        machine.set(Gpr.RCX, machine.pageEntry(GuestProgram.KERNEL))
                .set(Gpr.RDX, GuestProgram.KERNEL | PRESENT_WRITABLE | 1L << 63)
                .steps(2);

        assertThat(machine.story()).containsExactly("#PF(0x11) at next");
    }

    @Test
    @DisplayName("TP-218: with caches off the same happens")
    void caches_cannot_be_observed() {
        List<Long> sums = new ArrayList<>();
        for (boolean caching : new boolean[] {true, false}) {
            TestMachine machine = GuestProgram.kernel("""
                    here: 83 c0 01          ; add $0x1,%eax
                          fe 05 f9 ff ff ff ; incb -0x7(%rip)
                          eb f5             ; (jmp here)
                    """).boot();
            machine.machine().cpu().caching(caching);
            machine.steps(3 * 20);
            sums.add(machine.reg(Gpr.RAX));
        }
        assertThat(sums).containsExactly(210L, 210L);
    }
}
