package io.github.nmi64.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.bits.Digest;
import io.github.nmi64.fixture.Violation;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.op.InstructionSet;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.EventType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code frame-overwritten}: events whose frames lie on each other, and frames that change under a handler. */
class FrameOverwrittenTest extends MonitoredByHand {
    private static final long PROGRAM = 0x1000;
    private static final long PROGRAM_RSP = 0x9_0000;
    private static final long TSS = 0x100;
    /** Top of the stack of #BP. */
    private static final long DEBUG_TOP = 0x2_0000;
    /** Top of the stack of the NMI. */
    private static final long NMI_TOP = 0x4_0000;

    private static final int NMI = 2;
    private static final int BP = 3;
    private static final int PF = 14;

    @BeforeEach
    void programAndIret() {
        program(PROGRAM, PROGRAM_RSP, Rflags.FIXED | Rflags.ZF);
        state.segments.base[Segment.TR] = TSS;
        monitor = monitor("");
        code = instruction((byte) 0x48, (byte) 0xcf);
    }

    private static Instruction instruction(byte... bytes) {
        return Decoder.decode(InstructionSet.map(), bytes, 0, bytes.length, CodeMode.LONG64);
    }

    /** Delivers an event whose frame, error code aside, lies right below {@code top}. */
    private void deliver(EventType type, int vector, boolean hasErrorCode, long top) {
        long frame = top - EventFrames.SIZE - (hasErrorCode ? 8 : 0);
        long[] pushed = {
            state.rip, state.selector(Segment.CS), state.rflags, state.gpr[Gpr.RSP], state.selector(Segment.SS)
        };
        for (int i = 0; i < pushed.length; i++) {
            memory.put(top - EventFrames.SIZE + 8L * i, pushed[i]);
        }
        monitor.beforeStep();
        deliver(type, vector, hasErrorCode, 1, 0x2000 + 0x100L * vector, frame);
        monitor.afterStep();
    }

    private void nmi() {
        deliver(EventType.NMI, NMI, false, NMI_TOP);
    }

    private void breakpoint() {
        deliver(EventType.SOFTWARE_EXCEPTION, BP, false, DEBUG_TOP);
    }

    /** The handler's RSP moves, and RIP with it. */
    private void push(int words) {
        state.gpr[Gpr.RSP] -= 8L * words;
        state.rip += 2;
    }

    private void iretFrom(long top) {
        long frame = top - EventFrames.SIZE;
        monitor.beforeStep();
        state.gpr[Gpr.RSP] = frame;
        monitor.iretBegins(state, true, 0, core.retired);
        state.rip = memory.get(frame);
        state.rflags = memory.get(frame + 16);
        state.gpr[Gpr.RSP] = memory.get(frame + 24);
        core.retired++;
        monitor.iretCompleted(state, 0, core.retired);
        monitor.afterStep();
    }

    private List<String> found() {
        return monitor.violations().stream()
                .filter(violation -> violation.invariant().equals("frame-overwritten"))
                .map(Violation::subject)
                .toList();
    }

    // ---- one frame over another

    @Test
    void a_frame_over_another_is_told_when_it_is_popped_once_more() {
        breakpoint();
        deliver(EventType.NMI, NMI, false, DEBUG_TOP);
        assertThat(found()).as("not yet: a copy may be in use").isEmpty();
        iretFrom(DEBUG_TOP);
        assertThat(found()).as("the upper handler's own return").isEmpty();

        iretFrom(DEBUG_TOP);

        assertThat(monitor.violations()).anySatisfy(violation -> {
            assertThat(violation.invariant()).isEqualTo("frame-overwritten");
            assertThat(violation.subject()).isEqualTo("frame");
            assertThat(violation.detail())
                    .contains("the handler of #BP", "NMI (IST 1)", "at step 0", "rip was 0x1000 and is 0x2300");
        });
    }

    @Test
    void a_frame_that_was_rebuilt_before_its_use_is_as_good_as_it_was() {
        breakpoint();
        Map<Long, Long> copy = new HashMap<>(memory);
        deliver(EventType.NMI, NMI, false, DEBUG_TOP);
        iretFrom(DEBUG_TOP);
        memory.putAll(copy);

        iretFrom(DEBUG_TOP);

        assertThat(found()).isEmpty();
    }

    @Test
    void a_copy_of_the_frame_elsewhere_may_be_used() {
        nmi();
        push(20);
        memory.keySet().stream().toList().forEach(address -> memory.put(address - 0x80, memory.get(address)));
        nmi();
        iretFrom(NMI_TOP);

        iretFrom(NMI_TOP - 0x80);

        assertThat(found()).isEmpty();
        assertThat(monitor.interruptedContexts()).isZero();
    }

    /** The word below the frame of #BP is where an error code over it would lie. */
    @ParameterizedTest(name = "{0}: RSP {1} words below the frame, the TSS names {2}: {3}")
    @CsvSource({
        "an error code, 1, , registers",
        "an error code on nothing, 0, , ",
        "a stack that overlaps, 1, 0x1ffd8, registers",
        "another stack ends between them, 256, 0x1f7d8, ",
        "another stack ends so near that it overlaps, 256, 0x1f7e0, registers",
        "the stack that ends above them, 1, 0x20000, registers",
        "no stack is that long, 4096, , "
    })
    void a_frame_on_saved_registers_is_told_at_once(String what, int words, String top, String expected) {
        if (top != null) {
            memory.put(TSS + 36, Long.decode(top));
        }
        breakpoint();
        push(words);
        deliver(EventType.HARDWARE_EXCEPTION, PF, true, DEBUG_TOP);

        assertThat(found()).as(what).isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    @ParameterizedTest(name = "stack from {0}, CPL {1}: {2} violations")
    @CsvSource({"0x1f000, 0, 1", "0x1ffd8, 0, 0", "0x1f000, 3, 0"})
    void saved_registers_are_on_the_stack_of_the_frame_and_the_kernels(String low, int cpl, int violations) {
        monitor = monitor("stack " + low + " 0x20000");
        breakpoint();
        push(2);
        state.segments.selector[Segment.CS] = 8 + cpl;
        deliver(EventType.NMI, NMI, false, DEBUG_TOP - 8);

        assertThat(found()).hasSize(violations).allMatch("registers"::equals);
    }

    @Test
    void the_saved_registers_of_a_handler_further_out_count_as_well() {
        breakpoint();
        push(3);
        nmi();
        deliver(EventType.HARDWARE_EXCEPTION, PF, true, DEBUG_TOP);

        assertThat(monitor.violations()).singleElement().satisfies(violation -> assertThat(violation.detail())
                .contains("#PF (IST 1)", "the handler of #BP", "interrupted by NMI"));
    }

    // ---- words that change

    @ParameterizedTest(name = "word {0}: {1}")
    @CsvSource({"0, rip", "1, cs", "2, rflags", "3, rsp", "4, ss"})
    void a_word_that_changes_while_its_handler_is_interrupted_is_named(int word, String name) {
        breakpoint();
        nmi();
        memory.merge(DEBUG_TOP - EventFrames.SIZE + 8L * word, 1L << 16, Long::sum); // in RFLAGS that is RF
        iretFrom(NMI_TOP);
        assertThat(found()).as("not yet: it may be repaired").isEmpty();

        iretFrom(DEBUG_TOP);

        assertThat(found()).containsExactly(name);
    }

    @ParameterizedTest(name = "interrupted before: {0}")
    @ValueSource(booleans = {true, false})
    void a_handler_may_change_its_own_frame(boolean isInterruptedFirst) {
        breakpoint();
        if (isInterruptedFirst) {
            nmi();
            iretFrom(NMI_TOP);
        }
        memory.put(DEBUG_TOP - EventFrames.SIZE, PROGRAM + 8);
        nmi();
        iretFrom(NMI_TOP);
        memory.put(DEBUG_TOP - EventFrames.SIZE + 16, Rflags.FIXED | Rflags.CF);

        iretFrom(DEBUG_TOP);

        assertThat(found()).isEmpty();
    }

    @Test
    void a_handler_may_repair_its_frame() {
        breakpoint();
        nmi();
        memory.put(DEBUG_TOP - EventFrames.SIZE, 0x666L);
        iretFrom(NMI_TOP);
        memory.put(DEBUG_TOP - EventFrames.SIZE, PROGRAM);

        iretFrom(DEBUG_TOP);

        assertThat(found()).isEmpty();
    }

    @Test
    void a_change_is_not_forgotten_when_the_handler_is_interrupted_again() {
        breakpoint();
        nmi();
        memory.put(DEBUG_TOP - EventFrames.SIZE, 0x666L);
        iretFrom(NMI_TOP);
        nmi();
        iretFrom(NMI_TOP);

        iretFrom(DEBUG_TOP);

        assertThat(found()).containsExactly("rip");
    }

    @Test
    void only_an_iret_of_quadwords_pops_the_frame() {
        breakpoint();
        deliver(EventType.NMI, NMI, false, DEBUG_TOP);
        iretFrom(DEBUG_TOP);
        code = instruction((byte) 0xcf);
        iretFrom(DEBUG_TOP);

        assertThat(found()).isEmpty();
    }

    // ---- what is remembered

    @Test
    void what_will_be_told_is_part_of_the_identity_and_comes_back_with_it() {
        breakpoint();
        nmi();
        InvariantMonitor.Snapshot before = new InvariantMonitor.Snapshot();
        monitor.snapshot(before);
        iretFrom(NMI_TOP);
        long intact = digest();

        comeBack(before);
        memory.put(DEBUG_TOP - EventFrames.SIZE, 0x666L);
        iretFrom(NMI_TOP);
        assertThat(digest()).isNotEqualTo(intact);
        iretFrom(DEBUG_TOP);
        assertThat(found()).containsExactly("rip");

        memory.put(DEBUG_TOP - EventFrames.SIZE, PROGRAM);
        comeBack(before);
        iretFrom(NMI_TOP);
        assertThat(digest()).isEqualTo(intact);
        iretFrom(DEBUG_TOP);
        assertThat(found()).isEmpty();
    }

    private void comeBack(InvariantMonitor.Snapshot before) {
        state.rip = 0x2200;
        state.rflags = Rflags.FIXED;
        monitor.restore(before);
    }

    private long digest() {
        Digest digest = new Digest();
        monitor.digest(digest);
        return digest.low(0);
    }

    /** Nests deeper than what is remembered: the frames move with the contexts. */
    @Test
    void the_oldest_frames_are_forgotten_with_their_contexts() {
        for (int i = 0; i < Nesting.DEEPEST + 3; i++) {
            deliver(EventType.SOFTWARE_EXCEPTION, BP, false, DEBUG_TOP - 0x100L * i);
        }
        long innermost = DEBUG_TOP - 0x100L * (Nesting.DEEPEST + 2);
        memory.put(innermost + 0x100 - EventFrames.SIZE, 0x666L);
        iretFrom(innermost);
        iretFrom(innermost + 0x100);

        assertThat(found()).containsExactly("rip");
    }
}
