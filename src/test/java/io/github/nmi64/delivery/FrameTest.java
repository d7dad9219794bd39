package io.github.nmi64.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Rules;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.timing.TableCosts;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the frame goes, what is in it, and what the handler starts with. */
class FrameTest {
    private static final String TWO_NOPS = """
            start: 90 ; nop
            here:  90 ; nop
            """;
    private static final String SOFTWARE = """
            here: cd 30 ; int $0x30
            next: 90    ; nop
            """;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 9, 15})
    @DisplayName("TP-097, TP-098: the stack is aligned to 16 first, and the frame keeps the RSP as it was")
    void the_frame_is_aligned_and_keeps_the_old_stack_pointer(int misalignment) {
        TestMachine machine = GuestProgram.kernel(SOFTWARE).boot();
        long rsp = GuestProgram.KERNEL_STACK - 0x100 - misalignment;
        long top = rsp & -16;
        machine.set(Gpr.RSP, rsp).raise(Rflags.CF | Rflags.ID).step();

        assertThat(machine.reg(Gpr.RSP)).isEqualTo(top - 40).matches(value -> value % 16 == 8);
        assertThat(machine.load(top - 8)).isEqualTo(GuestProgram.KERNEL_DATA);
        assertThat(machine.load(top - 16)).isEqualTo(rsp);
        assertThat(machine.load(top - 24)).isEqualTo(Rflags.FIXED | Rflags.CF | Rflags.ID);
        assertThat(machine.load(top - 32)).isEqualTo(GuestProgram.KERNEL_CODE);
        assertThat(machine.load(top - 40)).isEqualTo(machine.address("next"));
    }

    @Test
    @DisplayName("TP-098, TP-108: an error code is one more quadword with its upper half clear")
    void an_error_code_is_a_sixth_quadword() {
        TestMachine machine = GuestProgram.kernel("here: 8e d9").boot(); // mov %ecx,%ds
        machine.store(GuestProgram.KERNEL_STACK - 48, -1).set(Gpr.RCX, 0xfff7).step();

        assertThat(machine.story()).containsExactly("#GP(0xfff4) at here");
        assertThat(machine.reg(Gpr.RSP))
                .isEqualTo(GuestProgram.KERNEL_STACK - 48)
                .matches(rsp -> rsp % 16 == 0);
        assertThat(machine.load(machine.reg(Gpr.RSP))).isEqualTo(0xfff4);
    }

    @Test
    @DisplayName("TP-106: exactly vectors 8, 10 to 14, 17 and 21 push an error code")
    void error_codes_are_pushed_for_these_vectors_only() {
        Set<Integer> pushing = Set.of(8, 10, 11, 12, 13, 14, 17, 21);
        for (int vector = 0; vector < 22; vector++) {
            TestMachine machine =
                    GuestProgram.kernel(TWO_NOPS).interruptGate(vector, 0).boot();

            Delivery.exception(machine.machine().core(), Fault.of(vector, 0));

            long size = GuestProgram.KERNEL_STACK - machine.reg(Gpr.RSP);
            assertThat(size).as("vector " + vector).isEqualTo(pushing.contains(vector) ? 48 : 40);
        }
    }

    @Test
    @DisplayName("TP-107, TP-131: INT n and INTR push none, whatever the vector, with RIP after and RF clear")
    void software_interrupts_push_no_error_code() {
        for (int vector : new int[] {8, 10, 13, 14, 17, 21}) {
            TestMachine machine = GuestProgram.kernel("cd " + String.format("%02x", vector) + "\nnext: 90")
                    .interruptGate(vector, 0)
                    .boot();
            machine.step();
            assertThat(machine.reg(Gpr.RSP)).isEqualTo(GuestProgram.KERNEL_STACK - 40);
            assertThat(machine.frame(0)).isEqualTo(machine.address("next"));
            assertThat(machine.frame(2) & Rflags.RF).isZero();
        }
        TestMachine machine = GuestProgram.kernel(TWO_NOPS).boot();
        machine.raise(Rflags.IF).interrupt(17).step();
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(GuestProgram.KERNEL_STACK - 40);
    }

    @Test
    @DisplayName("TP-092, TP-103, TP-110: a change of CPL takes RSP0 and a null SS; each delivery reads the TSS anew")
    void a_change_of_level_takes_rsp0_from_memory() {
        TestMachine machine = GuestProgram.kernel("90")
                .userGate(0x30)
                .user("90\n" + SOFTWARE)
                .boot()
                .enterUser();
        machine.step();
        machine.store(GuestProgram.TSS + 4, GuestProgram.RSP0 - 0x208).step();

        assertThat(machine.reg(Gpr.RSP)).isEqualTo(GuestProgram.RSP0 - 0x210 - 40);
        assertThat(machine.state().selector(Segment.SS)).isZero();
        assertThat(machine.state().segments.usable(Segment.SS)).isFalse();
        assertThat(machine.state().cpl).isZero();
        assertThat(machine.frame(0)).isEqualTo(machine.address("next"));
        assertThat(machine.frame(1)).isEqualTo(GuestProgram.USER_CODE);
        assertThat(machine.frame(3)).isEqualTo(GuestProgram.USER_STACK);
        assertThat(machine.frame(4)).isEqualTo(GuestProgram.USER_STACK_SEGMENT);
    }

    @Test
    @DisplayName("TP-092, TP-103: a handler of CPL 1 takes RSP1 and a null SS of its level")
    void a_handler_of_another_level_takes_its_own_stack() {
        Construction part = new Construction(0x30);
        part.rights = 0xee00;
        part.descriptor = 0x00af_bb00_0000_ffffL;
        TestMachine machine =
                part.build(GuestProgram.kernel("90").user(SOFTWARE).boot().enterUser(), 0x30);
        machine.store(GuestProgram.TSS + 12, GuestProgram.DATA + 0x800).step();

        assertThat(machine.state().cpl).isEqualTo(1);
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(GuestProgram.DATA + 0x800 - 40);
        assertThat(machine.state().selector(Segment.SS)).isEqualTo(1);
        assertThat(machine.state().segments.dpl(Segment.SS)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
    @DisplayName("TP-092, TP-096: each IST index switches stacks, also at CPL 0 and for a software interrupt")
    void each_ist_switches_stacks_without_a_change_of_level(int ist) {
        TestMachine machine =
                GuestProgram.kernel(SOFTWARE).interruptGate(0x30, ist).boot();
        machine.step();

        assertThat(machine.reg(Gpr.RSP)).isEqualTo(GuestProgram.istTop(ist) - 40);
        assertThat(machine.frame(3)).isEqualTo(GuestProgram.KERNEL_STACK);
    }

    @Test
    @DisplayName("TP-093: the TSS limit must cover the field's last byte")
    void the_task_limit_must_cover_the_field() {
        for (int limit = 0x2a; limit <= 0x2b; limit++) {
            TestMachine machine = GuestProgram.kernel(TWO_NOPS).boot();
            machine.state().segments.limit[Segment.TR] = limit;
            machine.nmi().step();
            assertThat(machine.story()).containsExactly(limit == 0x2a ? "#TS(0x41) at start" : "NMI at start");
        }
    }

    @Test
    @DisplayName("TP-104: an IST without change of CPL leaves SS alone, or loads null under the other rule")
    void an_ist_keeps_or_clears_ss_by_rule() {
        TestMachine keeps = GuestProgram.kernel(TWO_NOPS).boot();
        keeps.nmi().step();
        assertThat(keeps.state().selector(Segment.SS)).isEqualTo(GuestProgram.KERNEL_DATA);

        TestMachine clears = GuestProgram.kernel(TWO_NOPS)
                .rules(Rules.INTEL.with("ist-keeps-ss", "false"))
                .boot();
        clears.nmi().step();
        assertThat(clears.state().selector(Segment.SS)).isZero();
        assertThat(clears.frame(4)).isEqualTo(GuestProgram.KERNEL_DATA);
    }

    @Test
    @DisplayName("TP-095, TP-213: the TSS is read with supervisor rights at CPL 3, so a missing page gives U=0")
    void a_missing_task_segment_faults_as_a_supervisor_read() {
        // A #PF taken at CPL 3 needs the TSS too, so its gate leads to conforming code.
        TestMachine machine =
                conforming(GuestProgram.kernel("90").user("here: 90").boot().enterUser(), Vector.PF);
        machine.withdraw(GuestProgram.TSS, 1).nmi().step();

        assertThat(machine.story()).containsExactly("#PF(0x0) at here");
        assertThat(machine.state().cr2).isEqualTo(GuestProgram.TSS + 36);
    }

    @Test
    @DisplayName("TP-090, TP-099: a conforming handler keeps CPL 3 and pushes on the user's stack with user rights")
    void a_conforming_handler_keeps_the_level_and_the_stack() {
        TestMachine machine =
                conforming(GuestProgram.kernel("90").user(SOFTWARE).boot().enterUser(), 0x30);
        machine.step();

        assertThat(machine.last().vector()).isEqualTo(0x30);
        assertThat(machine.state().cpl).isEqualTo(3);
        assertThat(machine.state().selector(Segment.CS)).isEqualTo(GuestProgram.FREE_SELECTOR | 3);
        assertThat(machine.state().selector(Segment.SS)).isEqualTo(GuestProgram.USER_STACK_SEGMENT);
        assertThat(machine.reg(Gpr.RSP)).isEqualTo(GuestProgram.USER_STACK - 40);
    }

    private static TestMachine conforming(TestMachine machine, int vector) {
        Construction part = new Construction(vector);
        part.rights = 0xee00;
        part.descriptor = 0x00af_9f00_0000_ffffL;
        return part.build(machine, vector);
    }

    @Test
    @DisplayName("TP-091: the handler's descriptor is marked accessed, a write that a read-only table refuses with WP")
    void the_handlers_descriptor_is_marked_accessed() {
        Construction part = new Construction(0x30);
        part.descriptor = 0x00af_9a00_0000_ffffL;
        TestMachine machine = part.build(GuestProgram.kernel(SOFTWARE).boot(), 0x30);
        machine.step();
        assertThat(machine.load(GuestProgram.GDT + part.selector)).isEqualTo(0x00af_9b00_0000_ffffL);

        TestMachine readOnly = part.build(GuestProgram.kernel(SOFTWARE).boot(), 0x30);
        readOnly.withdraw(GuestProgram.GDT, 2).step();
        assertThat(readOnly.story()).containsExactly("#PF(0x3) at here");

        TestMachine marked =
                new Construction(0x30).build(GuestProgram.kernel(SOFTWARE).boot(), 0x30);
        marked.withdraw(GuestProgram.GDT, 2).step();
        assertThat(marked.story()).containsExactly("int 0x30 at next");
    }

    @Test
    @DisplayName(
            "TP-099: a frame on a user page is an explicit access: under SMAP it faults with AC = 0, not with AC = 1")
    void smap_and_frames_on_user_pages() {
        for (long ac : new long[] {0, Rflags.AC}) {
            TestMachine machine =
                    GuestProgram.kernel(SOFTWARE).cr4(Control.CR4_SMAP).boot();
            machine.set(Gpr.RSP, GuestProgram.USER_STACK).raise(ac);
            machine.store(machine.state().idtBase + 16 * Vector.PF, pageFaultOnIst());
            machine.step();
            assertThat(machine.story()).containsExactly(ac == 0 ? "#PF(0x3) at here" : "int 0x30 at next");
        }
    }

    @Test
    @DisplayName("TP-099: so is one on the stack of an inner level, whoever has set AC")
    void smap_and_frames_of_an_inner_level() {
        for (long ac : new long[] {0, Rflags.AC}) {
            TestMachine machine = GuestProgram.kernel("90")
                    .user(SOFTWARE)
                    .userGate(0x30)
                    .interruptGate(Vector.PF, 6)
                    .cr4(Control.CR4_SMAP)
                    .boot()
                    .enterUser();
            machine.store(GuestProgram.TSS + 4, GuestProgram.USER_STACK)
                    .raise(ac)
                    .step();
            assertThat(machine.story()).containsExactly(ac == 0 ? "#PF(0x3) at here" : "int 0x30 at next");
        }
    }

    @Test
    @DisplayName("TP-213: the TSS is read implicitly: on a user page it is out of reach under SMAP, whatever AC says")
    void smap_and_system_structures() {
        for (long ac : new long[] {0, Rflags.AC}) {
            TestMachine machine =
                    GuestProgram.kernel(SOFTWARE).cr4(Control.CR4_SMAP).boot();
            machine.grant(GuestProgram.TSS, 4).raise(ac).nmi().step();
            assertThat(machine.story()).containsExactly("#PF(0x1) at here");
            assertThat(machine.state().cr2).isEqualTo(GuestProgram.TSS + 36);
        }
    }

    private static long pageFaultOnIst() {
        return GuestProgram.gateLow(GuestProgram.handlerAddress(Vector.PF), GuestProgram.KERNEL_CODE, 0x8e06);
    }

    @Test
    @DisplayName("TP-100: pushes go downward: the first failing quadword is in CR2, those above it are in memory")
    void pushes_go_downward() {
        TestMachine machine =
                GuestProgram.kernel(SOFTWARE).interruptGate(Vector.PF, 6).boot();
        long boundary = GuestProgram.DATA + 0x1000;
        machine.withdraw(GuestProgram.DATA, 1).set(Gpr.RSP, boundary + 16).step();

        assertThat(machine.state().cr2).isEqualTo(boundary - 8);
        assertThat(machine.load(boundary + 8)).isEqualTo(GuestProgram.KERNEL_DATA);
        assertThat(machine.load(boundary)).isEqualTo(boundary + 16);
        assertThat(machine.last().fromRsp()).isEqualTo(boundary + 16);
        assertThat(machine.last().fromRip()).isEqualTo(machine.address("here"));
    }

    @Test
    @DisplayName("TP-101: an NMI on a stack that is not canonical is #SS(1), delivered only if it has its own stack")
    void a_stack_that_is_not_canonical_is_a_stack_fault() {
        GuestProgram program = GuestProgram.kernel(TWO_NOPS).interruptGate(Vector.NMI, 0);
        TestMachine machine = program.boot();
        machine.set(Gpr.RSP, 0x0000_8000_0000_0010L).nmi().step();
        assertThat(machine.story()).containsExactly("#DF(0x0) at start");

        TestMachine own = program.interruptGate(Vector.SS, 3).boot();
        own.set(Gpr.RSP, 0x0000_8000_0000_0010L).nmi().step();
        assertThat(own.story()).containsExactly("#SS(0x1) at start");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName(
            "TP-105, TP-217: the handler starts without TF, NT, RF; IF by gate; AC, ID, IOPL, DF, status as before")
    void the_handlers_flags(boolean trapGate) {
        GuestProgram program = GuestProgram.kernel(SOFTWARE);
        TestMachine machine = (trapGate ? program.trapGate(0x30, 0) : program).boot();
        long kept = Rflags.AC | Rflags.ID | Rflags.IOPL | Rflags.DF | Rflags.STATUS | Rflags.VIF | Rflags.VIP;
        machine.raise(kept | Rflags.IF | Rflags.TF | Rflags.NT).step();

        assertThat(machine.state().rflags).isEqualTo(Rflags.FIXED | kept | (trapGate ? Rflags.IF : 0));
        assertThat(machine.frame(2)).isEqualTo(Rflags.FIXED | kept | Rflags.IF | Rflags.TF | Rflags.NT);
    }

    @Test
    @DisplayName("TP-217: a handler entered with AC set reads user pages under SMAP until it clears AC")
    void a_handler_inherits_ac_and_with_it_the_exemption_from_smap() {
        TestMachine machine = GuestProgram.kernel("90")
                .user("here: 90")
                .cr4(Control.CR4_SMAP)
                .handler(Vector.NMI, """
                             48 8b 01 ; mov (%rcx),%rax
                             0f 01 ca ; clac
                        bad: 48 8b 01 ; mov (%rcx),%rax
                        """)
                .boot()
                .enterUser();
        machine.raise(Rflags.AC).set(Gpr.RCX, GuestProgram.USER_DATA).nmi().steps(4);

        assertThat(machine.story()).containsExactly("NMI at here", "#PF(0x1) at bad");
    }

    @Test
    @DisplayName("TP-086: a gate of DPL 0 stops INT n and INT3 at CPL 3 and nothing else")
    void the_gates_level_is_for_software_only() {
        String[] refused = {"cd 30", "cc", "cd 02", "cd ff"};
        String[] faults = {"#GP(0x182) at here", "#GP(0x1a) at here", "#GP(0x12) at here", "#GP(0x7fa) at here"};
        for (int i = 0; i < refused.length; i++) {
            TestMachine machine =
                    GuestProgram.kernel("90").user("here: " + refused[i]).boot().enterUser();
            machine.step();
            assertThat(machine.story()).containsExactly(faults[i]);
        }
        TestMachine machine =
                GuestProgram.kernel("90").user("here: f1\nnext: 0f 0b").boot().enterUser();
        machine.step();
        assertThat(machine.story()).containsExactly("int1 at next");
        machine.at("next").step();
        assertThat(machine.story()).contains("#UD at next");
        TestMachine interrupted =
                GuestProgram.kernel("90").user("here: 90").boot().enterUser();
        interrupted.raise(Rflags.IF).interrupt(0x40).nmi().step();
        assertThat(interrupted.story()).containsExactly("NMI at here");
        interrupted.steps(2);
        assertThat(interrupted.story()).last().isEqualTo("interrupt 0x40 at here");
    }

    @Test
    @DisplayName("TP-111: RF is set in a fault's frame and not in a trap's")
    void rf_is_set_for_faults_only() {
        TestMachine fault = GuestProgram.kernel("0f 0b").boot();
        fault.step();
        assertThat(fault.frame(2) & Rflags.RF).isEqualTo(Rflags.RF);

        TestMachine trap = GuestProgram.kernel("cc").boot();
        trap.step();
        assertThat(trap.frame(2) & Rflags.RF).isZero();
    }

    @Test
    @DisplayName("TP-110: a fetch fault in an instruction's second page reports the first byte, CR2 the page")
    void a_fetch_fault_across_pages() {
        TestMachine machine = GuestProgram.kernel("90").boot();
        long end = GuestProgram.DATA + 0x1000;
        machine.bytes(end - 2, "66 05").withdraw(end, 1);
        machine.state().rip = end - 2;
        machine.step();

        assertThat(machine.last().fromRip()).isEqualTo(end - 2);
        assertThat(machine.last().errorCode()).isEqualTo(0x10);
        assertThat(machine.state().cr2).isEqualTo(end);
    }

    @Test
    @DisplayName("TP-084: the upper bits of the byte that holds the IST index are ignored")
    void the_ist_index_has_three_bits() {
        Construction part = new Construction(0x30);
        part.rights |= 0xf8;
        TestMachine machine = part.build(GuestProgram.kernel(SOFTWARE).boot(), 0x30);
        machine.step();

        assertThat(machine.last().ist()).isEqualTo(Construction.IST);
    }

    @ParameterizedTest
    @CsvSource({"CPL 0, 0, 60", "CPL 0 with an IST, 4, 80", "CPL 3, 0, 80", "CPL 3 with an IST, 4, 80"})
    @DisplayName("a delivery takes its cycles, and more of them if it switches stacks")
    void a_delivery_takes_time(String from, int ist, long cycles) {
        TestMachine machine = GuestProgram.kernel("90")
                .user("90")
                .costs(TableCosts.bundled())
                .interruptGate(Vector.NMI, ist)
                .boot();
        if (from.startsWith("CPL 3")) {
            machine.enterUser();
        }
        machine.nmi().step();

        assertThat(machine.place()).isEqualTo("nmi_handler");
        assertThat(machine.machine().core().clock.now).isEqualTo(cycles);
    }

    @Test
    @DisplayName("TP-092: the handler's accesses have the rights of its CPL, not those of the code it interrupted")
    void the_handler_has_the_rights_of_its_level() {
        TestMachine machine = GuestProgram.kernel("90")
                .user("user: 48 8b 01 ; mov (%rcx),%rax")
                .handler(Vector.PF, "read: 48 8b 01 ; mov (%rcx),%rax")
                .boot()
                .enterUser();
        machine.set(Gpr.RCX, GuestProgram.DATA).store(GuestProgram.DATA, 7).steps(2);

        assertThat(machine.story()).containsExactly("#PF(0x5) at user");
        assertThat(machine.reg(Gpr.RAX)).isEqualTo(7);
    }
}
