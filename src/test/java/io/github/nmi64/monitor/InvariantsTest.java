package io.github.nmi64.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.core.Core;
import io.github.nmi64.core.Rules;
import io.github.nmi64.fixture.Directives;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.memory.PhysicalMemory;
import io.github.nmi64.op.InstructionSet;
import io.github.nmi64.state.Control;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.timing.CostModel;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.EventType;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each invariant but {@code context-restored}: what breaks it, and what is close to that and does not. */
class InvariantsTest {
    private static final long VICTIM = 0x1000;
    private static final long ENTRY = 0x2000;
    private static final long BODY = 0x3000;
    private static final long BODY_END = 0x3010;
    private static final long NMI_STACK = 0x8000;
    private static final long NMI_TOP = 0x9000;
    private static final long TASK_TOP = 0xa000;
    private static final long SAVED = 0x8f00;
    private static final long KERNEL_GS = 0x7000;
    private static final String DIRECTIVES = """
            handler 0x3000 0x3010
            ist-stack 0x8000 0x9000
            stack 0x9800 0xa000
            unexpected 0x5000 0x5100
            user 0x400000 0x401000
            kernel-gs 0x7000
            pt-regs rdi
            assert at 0x6000 rax < 5
            assert at 0x6100 [rbx+8] == 7
            assert at 0x6200 rflags & 0x400 == 0
            assert at 0x6300 [rbx+8] & 0xff == dr7 & rcx
            assert at 0x6400 cr8 == 0
            """;

    private final CpuState state = new CpuState();
    private final Core core = new Core(state, new PhysicalMemory(0), Rules.INTEL, CostModel.UNIT);
    private final Map<Long, Long> memory = new HashMap<>();
    private final InvariantMonitor monitor = monitor(DIRECTIVES);
    private @Nullable Instruction code;

    private InvariantMonitor monitor(String directives) {
        return new InvariantMonitor(
                core,
                Directives.parse("test", directives, SymbolTable.EMPTY),
                SymbolTable.EMPTY,
                address -> memory.containsKey(address) ? OptionalLong.of(memory.get(address)) : OptionalLong.empty(),
                address -> Optional.ofNullable(code));
    }

    @BeforeEach
    void victim() {
        state.rip = VICTIM;
        state.gpr[Gpr.RSP] = TASK_TOP - 0x10;
        state.rflags = Rflags.FIXED | Rflags.IF;
        state.segments.selector[Segment.CS] = 8;
        state.segments.selector[Segment.SS] = 0x10;
        state.segments.base[Segment.GS] = KERNEL_GS;
    }

    private void nmi() {
        deliver(EventType.NMI, 2, 3, ENTRY, NMI_TOP - 40);
    }

    private void deliver(EventType type, int vector, int ist, long handler, long frame) {
        DeliveredEvent event = new DeliveredEvent(
                type, vector, false, 0, ist, state.rip, 8, state.gpr[Gpr.RSP], state.rflags, 0x10, frame);
        state.rip = handler;
        state.gpr[Gpr.RSP] = frame;
        state.rflags = Rflags.FIXED;
        monitor.delivered(state, event, 0, core.retired);
    }

    /** One instruction, from where to where. */
    private void step(long from, long to) {
        state.rip = from;
        monitor.beforeStep();
        state.rip = to;
        core.retired++;
        monitor.afterStep();
    }

    /** One instruction of the program or a handler that moves RSP. */
    private void allocate(long from, long to) {
        state.gpr[Gpr.RSP] = from;
        monitor.beforeStep();
        state.gpr[Gpr.RSP] = to;
        core.retired++;
        monitor.afterStep();
    }

    private void runBody() {
        savedRegistersOfVictim();
        step(BODY, BODY + 4);
        step(BODY_END, BODY_END + 1);
    }

    private void iretToVictim() {
        state.gpr[Gpr.RSP] = NMI_TOP - 40;
        monitor.iretBegins(state, true, 0, core.retired);
        victim();
        state.gpr[Gpr.RDI] = 0;
        monitor.iretCompleted(state, 0, core.retired);
    }

    private void savedRegistersOfVictim() {
        for (int i = 0; i < 15; i++) {
            memory.put(SAVED + 8L * i, 0L);
        }
        List<Long> frame = List.of(VICTIM, 8L, Rflags.FIXED | Rflags.IF, TASK_TOP - 0x10, 0x10L);
        for (int i = 0; i < frame.size(); i++) {
            memory.put(SAVED + 8L * (16 + i), frame.get(i));
        }
        state.gpr[Gpr.RDI] = SAVED;
    }

    private List<String> found() {
        return monitor.violations().stream()
                .map(violation -> violation.invariant() + " " + violation.subject())
                .toList();
    }

    @Test
    void a_whole_nmi_breaks_nothing() {
        step(VICTIM - 1, VICTIM);
        nmi();
        runBody();
        iretToVictim();
        monitor.ended();

        assertThat(found()).isEmpty();
        assertThat(monitor.hasFound()).isFalse();
        assertThat(monitor.handlerRuns()).isEqualTo(1);
        assertThat(monitor.interruptedContexts()).isZero();
    }

    // ---- no-lost-nmi

    @Test
    void an_nmi_is_lost_if_the_program_resumes_and_the_handler_has_not_started() {
        nmi();
        assertThat(monitor.owesHandler()).isTrue();
        iretToVictim();

        assertThat(found()).containsExactly("no-lost-nmi nmi");
    }

    @Test
    void two_nmis_may_share_a_start_of_the_handler_if_it_is_after_both() {
        nmi();
        state.rip = ENTRY + 8;
        deliver(EventType.NMI, 2, 3, ENTRY, NMI_TOP - 80);
        memory.clear();
        savedRegistersOfVictim();
        memory.put(SAVED + 8L * 16, ENTRY + 8);
        memory.put(SAVED + 8L * 18, Rflags.FIXED);
        memory.put(SAVED + 8L * 19, NMI_TOP - 40);
        step(BODY, BODY + 4);
        step(BODY_END, BODY_END + 1);
        iretToVictim();

        assertThat(found()).isEmpty();
    }

    @Test
    void a_start_before_the_second_nmi_does_not_serve_it() {
        nmi();
        runBody();
        state.rip = BODY_END + 1;
        deliver(EventType.NMI, 2, 3, ENTRY, NMI_TOP - 80);
        iretToVictim();

        assertThat(found()).containsExactly("no-lost-nmi nmi");
    }

    @Test
    void the_return_to_an_interrupted_entry_is_not_the_time_to_judge() {
        nmi();
        state.rip = ENTRY + 8;
        deliver(EventType.NMI, 2, 3, ENTRY, NMI_TOP - 80);
        monitor.iretBegins(state, true, 0, core.retired);
        state.rip = ENTRY + 8;
        state.gpr[Gpr.RSP] = NMI_TOP - 40;
        monitor.iretCompleted(state, 0, core.retired);

        assertThat(found()).isEmpty();
        assertThat(monitor.interruptedContexts()).isEqualTo(1);
    }

    private void iretFromNmiTo(long rip) {
        state.gpr[Gpr.RSP] = NMI_TOP - 40;
        monitor.iretBegins(state, true, 0, core.retired);
        state.rip = rip;
        state.gpr[Gpr.RSP] = TASK_TOP - 80;
        monitor.iretCompleted(state, 0, core.retired);
    }

    @Test
    void an_nmi_in_a_system_call_is_lost_if_the_call_resumes_without_the_handler() {
        deliver(EventType.SOFTWARE_INTERRUPT, 0x80, 0, ENTRY + 0x80, TASK_TOP - 80);
        nmi();
        iretFromNmiTo(ENTRY + 0x80);

        assertThat(found()).containsExactly("no-lost-nmi nmi");
        assertThat(monitor.interruptedContexts()).isEqualTo(1);
    }

    @ParameterizedTest(name = "latched: {0}")
    @CsvSource({"true, 1", "false, 0"})
    void a_run_that_ends_in_a_system_call_is_judged(boolean latched, int lost) {
        deliver(EventType.SOFTWARE_INTERRUPT, 0x80, 0, ENTRY + 0x80, TASK_TOP - 80);
        state.interrupts.nmiLatched = latched;
        state.interrupts.nmiBlocked = true;
        monitor.ended();

        assertThat(found()).hasSize(lost);
    }

    @Test
    void a_run_that_ends_in_the_entry_of_an_nmi_is_not_judged() {
        nmi();
        state.interrupts.nmiLatched = true;
        state.interrupts.nmiBlocked = true;
        monitor.ended();

        assertThat(found()).isEmpty();
    }

    @ParameterizedTest(name = "latched {0}, blocked {1}: {2} lost")
    @CsvSource({"true, true, 1", "true, false, 0", "false, true, 0"})
    void a_latch_that_nothing_will_open_is_lost_at_the_end(boolean latched, boolean blocked, int lost) {
        state.interrupts.nmiLatched = latched;
        state.interrupts.nmiBlocked = blocked;
        monitor.ended();

        assertThat(found()).hasSize(lost);
    }

    // ---- no-reentry

    @Test
    void the_handler_starts_again_before_its_end() {
        nmi();
        savedRegistersOfVictim();
        step(BODY, BODY + 4);
        step(BODY, BODY + 4);

        assertThat(found()).containsExactly("no-reentry handler");
    }

    @Test
    void the_handler_may_start_again_after_its_end() {
        nmi();
        runBody();
        runBody();

        assertThat(found()).isEmpty();
        assertThat(monitor.handlerRuns()).isEqualTo(2);
    }

    @Test
    void an_event_before_the_handlers_first_instruction_is_no_start() {
        nmi();
        state.rip = BODY;
        monitor.beforeStep();
        state.rip = ENTRY;
        monitor.afterStep(); // nothing has retired

        assertThat(monitor.owesHandler()).isTrue();
        assertThat(monitor.handlerRuns()).isZero();
    }

    // ---- frame-intact

    @ParameterizedTest(name = "quadword {0}: {1}")
    @CsvSource({"0, r15", "5, rbx", "10, rax", "14, rdi", "16, rip", "17, cs", "18, rflags", "19, rsp", "20, ss"})
    void saved_registers_that_differ_when_the_handler_starts_are_named(int quadword, String register) {
        nmi();
        savedRegistersOfVictim();
        memory.merge(SAVED + 8L * quadword, 0x40L, Long::sum);
        step(BODY, BODY + 4);

        assertThat(found()).containsExactly("frame-intact " + register);
    }

    @Test
    void saved_registers_that_change_in_the_handler_are_named() {
        nmi();
        savedRegistersOfVictim();
        step(BODY, BODY + 4);
        assertThat(found()).isEmpty();
        memory.put(SAVED + 8L * 16, 0x1234L);
        state.gpr[Gpr.RDI] = 0; // the handler may use the register that pointed to them
        step(BODY_END, BODY_END + 1);

        assertThat(found()).containsExactly("frame-intact rip");
    }

    @Test
    void the_original_rax_and_rf_do_not_count_in_saved_registers() {
        nmi();
        savedRegistersOfVictim();
        memory.put(SAVED + 8L * 15, 0x1234L);
        memory.merge(SAVED + 8L * 18, Rflags.RF, Long::sum);
        step(BODY, BODY + 4);

        assertThat(found()).isEmpty();
    }

    @Test
    void saved_registers_must_be_mapped() {
        nmi();
        state.gpr[Gpr.RDI] = 0xdead_0000L;
        step(BODY, BODY + 4);

        assertThat(monitor.violations()).singleElement().satisfies(violation -> {
            assertThat(violation.invariant()).isEqualTo("frame-intact");
            assertThat(violation.detail()).contains("not mapped");
        });
    }

    // ---- no-user-rip-at-cpl0

    @ParameterizedTest(name = "RIP {0} at CPL {1}: {2} violations")
    @CsvSource({"0x400000, 0, 1", "0x400fff, 0, 1", "0x401000, 0, 0", "0x3fffff, 0, 0", "0x400000, 3, 0"})
    void user_pages_at_cpl_0(String rip, int cpl, int violations) {
        state.cpl = cpl;
        step(VICTIM, Long.decode(rip));

        assertThat(found()).hasSize(violations).allMatch("no-user-rip-at-cpl0 rip"::equals);
    }

    // ---- kernel-gs-in-handler

    @ParameterizedTest(name = "RIP {0}, GS base {1}: {2} violations")
    @CsvSource({"0x3004, 0x666, 1", "0x3004, 0x7000, 0", "0x2004, 0x666, 0", "0x1004, 0x666, 0"})
    void gs_base_in_the_handler(String rip, String base, int violations) {
        state.segments.base[Segment.GS] = Long.decode(base);
        step(ENTRY, Long.decode(rip));

        assertThat(found()).hasSize(violations).allMatch("kernel-gs-in-handler gs_base"::equals);
    }

    // ---- no-crash

    @ParameterizedTest(name = "vector {0} to {1}: {2}")
    @CsvSource({
        "8, 0x4000, no-crash #DF",
        "13, 0x5000, no-crash #GP",
        "13, 0x50ff, no-crash #GP",
        "13, 0x5100, ",
        "13, 0x4000, ",
        "3, 0x4000, "
    })
    void exceptions_nobody_asked_for(int vector, String handler, String expected) {
        deliver(EventType.HARDWARE_EXCEPTION, vector, 0, Long.decode(handler), TASK_TOP - 0x40);

        assertThat(found()).isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    @Test
    void a_shutdown_is_a_crash() {
        monitor.shutdown(state, "a fault in the double-fault handler", 0, 0);

        assertThat(found()).containsExactly("no-crash shutdown");
    }

    // ---- handler-start

    @ParameterizedTest(name = "RFLAGS {0}, after one instruction {1}, CR4 {2}: {3}")
    @CsvSource({
        "0x402, 0x402, 0, handler-start df",
        "0x102, 0x102, 0, handler-start tf",
        "0x4002, 0x4002, 0, handler-start nt",
        "0x40002, 0x40002, 0x200000, handler-start ac",
        "0x40002, 0x40002, 0, ",
        "0x402, 0x2, 0, ",
        "0x2, 0x402, 0, ",
        "0x200ad7, 0x200ad7, 0x200000, ",
    })
    void flags_when_the_handler_begins(String before, String after, String cr4, String expected) {
        state.cr4 = Long.decode(cr4);
        beginHandler(monitor, Long.decode(before), Long.decode(after));

        assertThat(found()).isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    private void beginHandler(InvariantMonitor watched, long before, long after) {
        savedRegistersOfVictim();
        state.rip = BODY;
        state.rflags = before;
        watched.beforeStep();
        state.rip = BODY + 4;
        state.rflags = after;
        core.retired++;
        watched.afterStep();
    }

    @ParameterizedTest(name = "handler-flags {0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            df           | nt ac
            nt           | df ac
            ac,df,nt,tf  |
            """)
    void a_fixture_may_allow_flags_when_the_handler_begins(String allowed, String found) {
        InvariantMonitor own = monitor("handler 0x3000 0x3010\nhandler-flags " + allowed);
        state.cr4 = Control.CR4_SMAP;
        beginHandler(own, 0x44402, 0x44402);

        assertThat(own.violations().stream().map(Violation::subject))
                .containsExactlyInAnyOrder(found == null ? new String[0] : found.split(" "));
    }

    // ---- stack-bounds

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

    // ---- assertion

    @ParameterizedTest(name = "RAX {0} at {1}: {2} violations")
    @CsvSource({"4, 0x6000, 0", "5, 0x6000, 1", "-1, 0x6000, 1", "5, 0x6001, 0"})
    void a_fixtures_assertion_about_a_register(long rax, String rip, int violations) {
        state.gpr[Gpr.RAX] = rax;
        step(VICTIM, Long.decode(rip));

        assertThat(found()).hasSize(violations).allMatch("assertion value"::equals);
    }

    @Test
    void a_fixtures_assertion_about_memory() {
        state.gpr[Gpr.RBX] = 0x100;
        memory.put(0x108L, 7L);
        step(VICTIM, 0x6100);
        assertThat(found()).isEmpty();

        memory.put(0x108L, 8L);
        step(VICTIM, 0x6100);
        assertThat(found()).containsExactly("assertion value");

        memory.remove(0x108L);
        step(VICTIM, 0x6100);
        assertThat(found()).containsExactly("assertion value", "assertion memory");
    }

    @Test
    void an_assertion_without_a_place_holds_inside_the_window() {
        state.rip = VICTIM - 2;
        InvariantMonitor windowed = monitor("arrivals 0x1000 0x1010\nassert rax == 0\n");
        state.gpr[Gpr.RAX] = 1;
        for (long rip = VICTIM - 2; rip < VICTIM + 4; rip++) {
            windowed.beforeStep();
            state.rip = rip;
            core.retired++;
            windowed.afterStep();
        }

        assertThat(windowed.violations())
                .extracting(Violation::rip)
                .startsWith(VICTIM + 1)
                .hasSize(3);
    }

    // ---- the window, memory and digest

    @Test
    void the_window_ends_when_the_outermost_program_reaches_its_end() {
        assertThat(monitor("arrivals 0x1000 0x1010\n").isOpen())
                .as("the run begins where the window does")
                .isTrue();
        state.rip = VICTIM - 2;
        InvariantMonitor windowed = monitor("arrivals 0x1000 0x1010\n");
        assertThat(windowed.isOpen()).isFalse();
        state.rip = VICTIM;
        windowed.afterStep();
        assertThat(windowed.isOpen()).isTrue();

        windowed.delivered(
                state, new DeliveredEvent(EventType.NMI, 2, false, 0, 3, VICTIM, 8, 0, 2, 0x10, NMI_TOP - 40), 0, 0);
        state.rip = VICTIM + 0x10;
        windowed.afterStep();
        assertThat(windowed.isOpen())
                .as("an interrupted program's end is not the end")
                .isTrue();

        state.gpr[Gpr.RSP] = NMI_TOP - 40;
        windowed.iretBegins(state, true, 0, 0);
        windowed.iretCompleted(state, 0, 0);
        windowed.afterStep();
        assertThat(windowed.isOpen()).isFalse();
    }

    @Test
    void what_is_remembered_can_be_taken_and_put_back() {
        InvariantMonitor.Snapshot before = new InvariantMonitor.Snapshot();
        monitor.snapshot(before);
        nmi();
        iretToVictim();
        assertThat(monitor.hasFound()).isTrue();

        monitor.restore(before);

        assertThat(monitor.hasFound())
                .as("found is not part of what is remembered")
                .isFalse();
        assertThat(monitor.owesHandler()).isFalse();
        assertThat(monitor.interruptedContexts()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"frame-intact", "no-reentry", "no-lost-nmi", "no-crash", "stack-bounds", "assertion"})
    void a_fixture_that_says_nothing_is_watched_for_its_contexts_and_frames_alone(String absent) {
        assertThat(monitor("").invariants())
                .containsExactly("context-restored", "frame-overwritten")
                .doesNotContain(absent);
        assertThat(monitor.invariants()).contains(absent);
    }

    @ParameterizedTest(name = "DF {0}: {1} violations")
    @CsvSource({"false, 0", "true, 1"})
    void an_assertion_of_one_flag_does_not_look_at_the_others(boolean direction, int violations) {
        state.rflags = Rflags.FIXED | Rflags.ZF | Rflags.IF | (direction ? Rflags.DF : 0);
        step(VICTIM, 0x6200);

        assertThat(found()).hasSize(violations).allMatch("assertion value"::equals);
    }

    @ParameterizedTest(name = "memory {0}, DR7 {1}, RCX {2}: {3}")
    @CsvSource({
        "0x1234, 0x434, 0xff, ",
        "0x1234, 0x435, 0xff, assertion value",
        "0x1234, 0x435, 0xfe, ",
        ", 0, 0, assertion memory"
    })
    void both_sides_of_an_assertion_may_have_a_mask(String quadword, String dr7, String mask, String expected) {
        state.gpr[Gpr.RBX] = 0x8000;
        state.gpr[Gpr.RCX] = Long.decode(mask);
        state.dr7 = Long.decode(dr7);
        if (quadword != null) {
            memory.put(0x8008L, Long.decode(quadword));
        }
        step(VICTIM, 0x6300);

        assertThat(found()).isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    @Test
    void an_assertion_may_ask_for_any_register() {
        state.cr8 = 2;
        step(VICTIM, 0x6400);

        assertThat(monitor.violations()).singleElement().satisfies(violation -> assertThat(violation.detail())
                .isEqualTo("'at 0x6400 cr8 == 0' does not hold: 0x2 == 0x0"));
    }
}
