package io.github.nmi64.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.fixture.Violation;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.op.InstructionSet;
import io.github.nmi64.trace.EventType;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code stack-bounds}: pushes and allocations end at the lowest byte of a stack, and the NMI stack is the NMI's. */
class StackBoundsTest extends WatchedHandler {
    @ParameterizedTest(name = "RSP from {0} to {1}: {2} violations")
    @CsvSource({
        "0x8008, 0x8000, 0",
        "0x8008, 0x7ff8, 1",
        "0x9808, 0x97e0, 1",
        "0x8008, 0xa000, 0",
        "0x9fd0, 0x7f00, 0",
        "0x9010, 0x8ff0, 0"
    })
    void pushes_end_at_the_lowest_byte_of_a_stack(String from, String to, int violations) {
        allocate(Long.decode(from), Long.decode(to));

        assertThat(found()).hasSize(violations).allMatch("stack-bounds rsp"::equals);
    }

    @ParameterizedTest(name = "{0}, RSP from {2} to {3}: {4} violations")
    @CsvSource({
        "sub $4096 %rsp, 48 81 ec 00 10 00 00, 0x8f00, 0x7f00, 1",
        "add $-4096 %rsp, 48 81 c4 00 f0 ff ff, 0x8f00, 0x7f00, 1",
        "lea -4096(%rsp) %rsp, 48 8d a4 24 00 f0 ff ff, 0x8f00, 0x7f00, 1",
        "lea (%rsp %rcx) %rsp, 48 8d 24 0c, 0x8f00, 0x7f00, 1",
        "and $-4096 %rsp, 48 81 e4 00 f0 ff ff, 0x9f00, 0x9000, 1",
        "enter $4096 $0, c8 00 10 00, 0x8f00, 0x7ef8, 1",
        "sub %rax %rsp, 48 29 c4, 0x8f00, 0x100, 1",
        "sub (%rax) %rsp, 48 2b 20, 0x8f00, 0x100, 1",
        "xadd %rax %rsp, 48 0f c1 c4, 0x8f00, 0x100, 1",
        "sub $4096 %rsp in the stack, 48 81 ec 00 10 00 00, 0x9000, 0x8000, 0",
        "push when it is full, 50, 0x8000, 0x7ff8, 1",
        "push on an undeclared stack, 50, 0x7ff8, 0x7ff0, 0",
        "mov %rax %rsp, 48 89 c4, 0x8f00, 0x100, 0",
        "mov (%rsp) %rsp, 48 8b 24 24, 0x8f00, 0x100, 0",
        "mov %rax %rsp to the stack below, 48 89 c4, 0x9810, 0x9000, 0",
        "mov %rax %rsp not far below, 48 89 c4, 0x8010, 0x7ff0, 1",
        "lea -4096(%rbp) %rsp, 48 8d a5 00 f0 ff ff, 0x8f00, 0x100, 0",
        "pop %rsp, 5c, 0x8f00, 0x100, 0",
        "leave, c9, 0x8f00, 0x100, 0",
        "xchg %rax %rsp, 48 94, 0x8f00, 0x100, 0",
        "xadd %rsp %rax, 48 0f c1 e0, 0x8f00, 0x100, 0",
        "cmove %rax %rsp, 48 0f 44 e0, 0x8f00, 0x100, 0",
    })
    void a_step_of_any_length_is_an_allocation_if_rsp_is_computed_from_itself(
            String text, String bytes, String from, String to, int violations) {
        byte[] all = HexFormat.ofDelimiter(" ").parseHex(bytes);
        code = Decoder.decode(InstructionSet.map(), all, 0, all.length, CodeMode.LONG64);
        allocate(Long.decode(from), Long.decode(to));

        assertThat(found()).as(text).hasSize(violations).allMatch("stack-bounds rsp"::equals);
    }

    @Test
    void stacks_are_watched_without_an_nmi_stack() {
        InvariantMonitor own = monitor("stack 0x8000 0x9000");
        state.gpr[Gpr.RSP] = 0x8008;
        own.beforeStep();
        state.gpr[Gpr.RSP] = 0x7ff8;
        core.retired++;
        own.afterStep();

        assertThat(own.violations()).extracting(Violation::invariant).containsExactly("stack-bounds");
    }

    @Test
    void only_the_nmi_is_delivered_on_the_nmi_stack() {
        nmi();
        assertThat(found()).isEmpty();

        deliver(EventType.HARDWARE_EXCEPTION, 1, 4, ENTRY, NMI_STACK + 0x100);
        assertThat(found()).containsExactly("stack-bounds rsp");
    }

    @Test
    void an_exception_without_a_stack_of_its_own_may_strike_in_the_nmi_handler() {
        nmi();
        deliver(EventType.HARDWARE_EXCEPTION, 3, 0, ENTRY, NMI_TOP - 0x100);

        assertThat(found()).isEmpty();
    }

    @Test
    void a_delivery_on_another_stack_allocates_nothing_on_the_old_one() {
        state.gpr[Gpr.RSP] = 0x9800;
        monitor.beforeStep();
        deliver(EventType.NMI, 2, 3, ENTRY, 0x9000 - 40); // below, and nearer than the longest push
        monitor.afterStep();

        assertThat(found()).isEmpty();
    }
}
