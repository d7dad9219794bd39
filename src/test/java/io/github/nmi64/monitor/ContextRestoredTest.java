package io.github.nmi64.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.bits.Digest;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Register;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.EventType;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ContextRestoredTest extends MonitoredByHand {
    private static final long VICTIM = 0x1000;
    private static final long HANDLER = 0x2000;
    private static final long VICTIM_STACK = 0x9000;

    private static final long BELOW_VICTIM = VICTIM_STACK - 8;

    @BeforeEach
    void victim() {
        program(VICTIM, VICTIM_STACK, Rflags.FIXED | Rflags.IF);
    }

    private void deliver(EventType type, int vector) {
        deliver(type, vector, 0, HANDLER, 0x15000);
    }

    private void iret(long rip, long rsp, long rflags) {
        state.rip = rip;
        state.gpr[Gpr.RSP] = rsp;
        state.rflags = rflags;
        core.retired = 7;
        monitor.iretCompleted(state, 0, 7);
    }

    private void iretToVictim() {
        iret(VICTIM, VICTIM_STACK, Rflags.FIXED | Rflags.IF);
    }

    @Test
    void a_handler_that_puts_everything_back_breaks_nothing() {
        deliver(EventType.NMI, 2);
        iretToVictim();

        assertThat(monitor.violations()).isEmpty();
    }

    static Stream<Arguments> damages() {
        return Stream.of(
                damage("rdi", s -> s.gpr[Gpr.RDI] = 5),
                damage("r15", s -> s.gpr[Gpr.R15] = 5),
                damage("ds", s -> s.segments.selector[Segment.DS] = 5),
                damage("gs", s -> s.segments.selector[Segment.GS] = 5),
                damage("fs_base", s -> s.segments.base[Segment.FS] = 5),
                damage("gs_base", s -> s.segments.base[Segment.GS] = 5),
                damage("kernel_gs_base", s -> s.kernelGsBase = 5),
                damage("cr2", s -> s.cr2 = 5),
                damage("cs", s -> s.segments.selector[Segment.CS] = 0x33),
                damage("ss", s -> s.segments.selector[Segment.SS] = 0));
    }

    private static Arguments damage(String register, Consumer<CpuState> change) {
        return Arguments.of(register, change);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("damages")
    void damage_is_named_by_register(String register, Consumer<CpuState> change) {
        deliver(EventType.NMI, 2);
        change.accept(state);
        iretToVictim();

        assertThat(monitor.violations()).singleElement().satisfies(violation -> {
            assertThat(violation.invariant()).isEqualTo("context-restored");
            assertThat(violation.subject()).isEqualTo(register);
            assertThat(violation.retired()).isEqualTo(7);
            assertThat(violation.rip()).isEqualTo(VICTIM);
            assertThat(violation.detail()).startsWith(register + " was 0x");
        });
    }

    @Test
    void stack_pointer_and_flags_count_but_rf_does_not() {
        deliver(EventType.NMI, 2);
        iret(VICTIM, VICTIM_STACK - 8, Rflags.FIXED | Rflags.RF);

        assertThat(monitor.violations()).extracting(Violation::subject).containsExactly("rsp", "rflags");
    }

    @Test
    void each_level_of_nesting_is_compared_with_its_own_context() {
        deliver(EventType.NMI, 2);
        state.rip = HANDLER + 0x10;
        deliver(EventType.NMI, 2);
        state.gpr[Gpr.RDI] = 5;
        iret(HANDLER + 0x10, 0x15000, Rflags.FIXED);
        state.gpr[Gpr.RDI] = 0;
        iretToVictim();

        assertThat(monitor.violations()).extracting(Violation::rip).containsExactly(HANDLER + 0x10);
    }

    @Test
    void an_exceptions_iret_does_not_resume_the_context_below_it() {
        deliver(EventType.NMI, 2);
        state.rip = VICTIM; // a breakpoint at an address that is also the interrupted one
        deliver(EventType.SOFTWARE_EXCEPTION, 3);
        state.gpr[Gpr.RDI] = 5;
        iret(VICTIM, 0x15000, Rflags.FIXED);
        assertThat(monitor.violations()).isEmpty();

        state.gpr[Gpr.RDI] = 0;
        iretToVictim();
        assertThat(monitor.violations()).isEmpty();
    }

    @Test
    void a_context_that_never_resumes_is_no_violation() {
        deliver(EventType.NMI, 2);
        state.rip = HANDLER + 0x10;
        deliver(EventType.NMI, 2);
        iretToVictim();
        iret(HANDLER + 0x10, 0x1234, 0); // abandoned by the return to the victim

        assertThat(monitor.violations()).isEmpty();
    }

    @Test
    void the_outermost_program_is_remembered_however_deep_the_nest() {
        deliver(EventType.NMI, 2);
        for (int i = 0; i < 2 * Nesting.DEEPEST; i++) {
            state.rip = HANDLER + 0x10 * i;
            deliver(EventType.NMI, 2);
        }
        state.gpr[Gpr.RBX] = 1;
        iretToVictim();

        assertThat(monitor.violations()).extracting(Violation::subject).containsExactly("rbx");
        assertThat(monitor.interruptedContexts()).isZero();
    }

    @Test
    void maskable_interrupts_and_machine_checks_are_compared_too() {
        deliver(EventType.EXTERNAL_INTERRUPT, 0x40);
        state.gpr[Gpr.RBX] = 1;
        iretToVictim();
        deliver(EventType.HARDWARE_EXCEPTION, 18);
        state.gpr[Gpr.RBX] = 2;
        iretToVictim();

        assertThat(monitor.violations()).extracting(Violation::subject).containsExactly("rbx", "rbx");
    }

    // ---- a return without IRET

    /** One instruction that has taken RSP and RIP from one place to another. */
    private void step(long rspBefore, long rip, long rsp) {
        state.gpr[Gpr.RSP] = rspBefore;
        monitor.beforeStep();
        state.rip = rip;
        state.gpr[Gpr.RSP] = rsp;
        core.retired++;
        monitor.afterStep();
    }

    private void ret() {
        step(BELOW_VICTIM, VICTIM, VICTIM_STACK);
    }

    private void call(long returnsTo) {
        memory.put(BELOW_VICTIM, returnsTo);
        step(VICTIM_STACK, HANDLER + 0x100, BELOW_VICTIM);
    }

    @Test
    void a_ret_to_the_interrupted_place_resumes_it() {
        deliver(EventType.NMI, 2);
        state.rflags = Rflags.FIXED | Rflags.IF;
        ret();
        assertThat(monitor.interruptedContexts()).isZero();
        assertThat(monitor.violations()).isEmpty();

        iret(VICTIM, VICTIM_STACK, Rflags.FIXED); // somebody else's, who has flags of his own
        assertThat(monitor.violations()).isEmpty();
    }

    @Test
    void a_ret_has_to_put_back_what_an_iret_has_to() {
        deliver(EventType.NMI, 2);
        state.gpr[Gpr.RDI] = 5;
        ret();

        assertThat(monitor.violations()).extracting(Violation::subject).containsExactly("rdi", "rflags");
    }

    static Stream<Arguments> otherPlaces() {
        return Stream.of(
                Arguments.of("another RIP", VICTIM + 1, VICTIM_STACK, 8),
                Arguments.of("another RSP", VICTIM, VICTIM_STACK + 8, 8),
                Arguments.of("another CS", VICTIM, VICTIM_STACK, 0x33));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("otherPlaces")
    void a_ret_to_another_place_resumes_nobody(String what, long rip, long rsp, int cs) {
        deliver(EventType.NMI, 2);
        state.segments.selector[Segment.CS] = cs;
        step(rsp - 8, rip, rsp);

        assertThat(monitor.interruptedContexts()).isEqualTo(1);
    }

    @Test
    void the_ret_of_a_call_made_since_resumes_nobody() {
        deliver(EventType.NMI, 2);
        state.rip = HANDLER + 0x10;
        call(VICTIM);
        ret();
        assertThat(monitor.interruptedContexts()).isEqualTo(1);

        state.rip = HANDLER + 0x20;
        ret();
        assertThat(monitor.interruptedContexts())
                .as("the call has ended, so this return is another one")
                .isZero();
    }

    @Test
    void a_call_from_elsewhere_has_another_return() {
        deliver(EventType.NMI, 2);
        state.rip = HANDLER + 0x10;
        call(HANDLER + 0x15);
        ret();

        assertThat(monitor.interruptedContexts()).isZero();
    }

    @Test
    void that_a_call_was_made_tells_states_apart() {
        deliver(EventType.NMI, 2);
        long before = digest();
        state.rip = HANDLER + 0x10;
        call(VICTIM);
        assertThat(digest()).isNotEqualTo(before);

        InvariantMonitor.Snapshot called = new InvariantMonitor.Snapshot();
        monitor.snapshot(called);
        ret();
        assertThat(digest()).isEqualTo(before);
        monitor.restore(called);
        ret();
        assertThat(monitor.interruptedContexts()).isEqualTo(1);
    }

    private long digest() {
        Digest digest = new Digest();
        digest.reset();
        monitor.digest(digest);
        return digest.low(0);
    }

    @Test
    void a_program_that_pops_what_was_interrupted_at_a_pop_resumes_nobody() {
        deliver(EventType.NMI, 2);
        state.rip = VICTIM - 1;
        ret(); // goes on with the next instruction

        assertThat(monitor.interruptedContexts()).isEqualTo(1);
    }

    @Test
    void a_handler_entered_where_it_was_interrupted_resumes_nobody() {
        state.rip = HANDLER; // its first instruction
        state.gpr[Gpr.RSP] = 0x15000;
        deliver(EventType.NMI, 2);
        state.gpr[Gpr.RSP] = 0x4000;
        state.rip = HANDLER + 0x50;
        monitor.beforeStep();
        deliver(EventType.SOFTWARE_EXCEPTION, 3);
        core.retired++;
        monitor.afterStep();

        assertThat(monitor.interruptedContexts()).isEqualTo(2);
    }

    @Test
    void an_iret_resumes_one_context_even_if_two_were_interrupted_at_the_same_place() {
        deliver(EventType.NMI, 2);
        state.rip = VICTIM;
        state.gpr[Gpr.RSP] = VICTIM_STACK;
        deliver(EventType.NMI, 2);
        state.gpr[Gpr.RSP] = 0x4000;
        monitor.beforeStep();
        core.retired++;
        state.rip = VICTIM;
        state.gpr[Gpr.RSP] = VICTIM_STACK;
        monitor.iretCompleted(state, 0, 7);
        monitor.afterStep();

        assertThat(monitor.interruptedContexts()).isEqualTo(1);
    }

    /** One word may hold two registers; all others are called as they are everywhere. */
    @Test
    void the_words_of_a_context_are_called_as_their_registers() {
        assertThat(ContextRegisters.NAMES)
                .filteredOn(name -> !name.endsWith("_limit_and_rights") && !name.equals("table_limits"))
                .isSubsetOf(Register.NAMES);
    }
}
