package io.github.nmi64.trace.sink;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.SymbolLookup;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.op.InstructionSet;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.trace.DeliveredEvent;
import io.github.nmi64.trace.EventType;
import java.io.StringWriter;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Both written traces, driven by hand through what a run loop reports. */
class StepTraceTest {
    private static final Instruction NOP = decoded("90");
    private static final Instruction STORE = decoded("48890424"); // mov %rax,(%rsp)
    private static final Instruction REP_MOVSB = decoded("f3a4");
    private static final Instruction INT3 = decoded("cc");
    private static final Instruction IRETQ = decoded("48cf");

    private final CpuState state = new CpuState();
    private final StringWriter json = new StringWriter();
    private final StringWriter text = new StringWriter();
    private final SymbolLookup symbols =
            address -> address >= 0x1000 ? "code+0x" + Long.toHexString(address - 0x1000) : null;
    private final StepTrace jsonTrace = new JsonLinesTrace(json, symbols);
    private final StepTrace textTrace = new TextTrace(text, symbols, symbols);

    private static Instruction decoded(String bytes) {
        byte[] code = HexFormat.of().parseHex(bytes);
        return Decoder.decode(InstructionSet.map(), code, 0, code.length, CodeMode.LONG64);
    }

    private void begin(Instruction instruction, long cycle, long retired) {
        jsonTrace.executing(state, instruction, cycle, retired);
        textTrace.executing(state, instruction, cycle, retired);
    }

    private void end(Instruction instruction) {
        jsonTrace.executed(state, instruction);
        textTrace.executed(state, instruction);
    }

    private void store(long address, int size, long value) {
        jsonTrace.memoryWritten(address, size, value);
        textTrace.memoryWritten(address, size, value);
    }

    private void deliver(EventType type, int vector, boolean hasErrorCode) {
        var event = new DeliveredEvent(type, vector, hasErrorCode, 0x11, 3, state.rip, 8, 0x7000, 0x202, 0x10, 0x6fd8);
        jsonTrace.delivered(state, event, 40, 4);
        textTrace.delivered(state, event, 40, 4);
    }

    private List<JsonObject> objects() {
        jsonTrace.finish();
        return json.toString()
                .lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
    }

    private String lines() {
        textTrace.finish();
        return text.toString();
    }

    private static String what(JsonObject object) {
        return (object.has("event") ? object.get("event") : object.get("text")).getAsString();
    }

    @Test
    void an_instruction_shows_the_state_before_it_and_its_stores() {
        state.rip = 0x1000;
        state.gpr[Gpr.RAX] = -1;
        begin(STORE, 30, 3);
        state.gpr[Gpr.RAX] = 5;
        store(0x6ff8, 4, 0xffff_ffff_0000_0001L);
        end(STORE);

        JsonObject line = objects().get(0);
        assertThat(line.keySet())
                .containsExactly(
                        "n", "cycle", "rip", "symbol", "bytes", "text", "rsp", "rflags", "cs", "ss", "cpl", "rax",
                        "rcx", "rdx", "rbx", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
                        "nmi", "writes");
        assertThat(line.get("n").getAsLong()).isEqualTo(3);
        assertThat(line.get("cycle").getAsLong()).isEqualTo(30);
        assertThat(line.get("rip").getAsString()).isEqualTo("0x1000");
        assertThat(line.get("bytes").getAsString()).isEqualTo("48890424");
        assertThat(line.get("rax").getAsString()).isEqualTo("0xffffffffffffffff");
        assertThat(line.getAsJsonObject("nmi").toString())
                .isEqualTo("{\"pin\":false,\"latched\":false,\"blocked\":false}");
        assertThat(line.getAsJsonArray("writes").toString())
                .isEqualTo("[{\"address\":\"0x6ff8\",\"size\":4,\"value\":\"0x1\"}]");
        assertThat(lines()).contains("mov    %rax,(%rsp)").contains("rax=0x5").contains("=0x00000001");
    }

    @Test
    void an_address_without_a_name_has_a_null_symbol() {
        begin(NOP, 0, 0);
        end(NOP);

        assertThat(objects().get(0).get("symbol").isJsonNull()).isTrue();
    }

    @Test
    void a_faulting_instruction_retires_nothing_but_people_see_it() {
        begin(STORE, 30, 3);
        store(0x6ff8, 8, 1); // the frame of the exception
        deliver(EventType.HARDWARE_EXCEPTION, Vector.PF, true);

        List<JsonObject> trace = objects();
        assertThat(trace).extracting(StepTraceTest::what).containsExactly("exception");
        assertThat(trace.get(0).keySet())
                .containsExactly("n", "cycle", "event", "vector", "error", "ist", "from", "frame");
        assertThat(trace.get(0).get("vector").getAsInt()).isEqualTo(14);
        assertThat(trace.get(0).get("error").getAsString()).isEqualTo("0x11");
        assertThat(trace.get(0).get("frame").getAsString()).isEqualTo("0x6fd8");
        assertThat(lines())
                .contains("(faults)")
                .contains("#PF(0x11) delivered on IST 3")
                .contains("frame 0x6fd8: rip=");
    }

    @Test
    void a_software_interrupt_retires_before_its_event() {
        begin(INT3, 30, 3);
        store(0x6ff8, 8, 1);
        deliver(EventType.SOFTWARE_EXCEPTION, Vector.BP, false);
        end(INT3);

        List<JsonObject> trace = objects();
        assertThat(trace).extracting(StepTraceTest::what).containsExactly("int3", "exception");
        assertThat(trace.get(0).getAsJsonArray("writes")).hasSize(1);
        assertThat(trace.get(1).get("error").isJsonNull()).isTrue();
    }

    @Test
    void int_n_above_31_is_an_interrupt() {
        deliver(EventType.SOFTWARE_INTERRUPT, 0x80, false);

        assertThat(objects()).extracting(StepTraceTest::what).containsExactly("interrupt");
    }

    @Test
    void a_repeated_string_instruction_is_one_line() {
        iteration(true, 1);
        iteration(true, 2);
        iteration(false, 3);

        List<JsonObject> trace = objects();
        assertThat(trace).hasSize(1);
        assertThat(trace.get(0).getAsJsonArray("writes")).hasSize(3);
    }

    @Test
    void a_repeated_string_instruction_appears_again_after_an_interruption() {
        iteration(true, 1);
        iteration(true, 2);
        store(0x6ff8, 8, 7); // the frame of the NMI belongs to no instruction
        deliver(EventType.NMI, Vector.NMI, false);
        state.interrupts.repeating = false;
        iteration(false, 3);

        List<JsonObject> trace = objects();
        assertThat(trace).extracting(StepTraceTest::what).element(1).isEqualTo("nmi");
        assertThat(trace).hasSize(3);
        assertThat(trace.get(0).getAsJsonArray("writes")).hasSize(2);
        assertThat(trace.get(2).getAsJsonArray("writes")).hasSize(1);
        assertThat(lines()).contains("(interrupted after 2 iterations)");
    }

    /** As when a state is restored amid a repetition while the trace goes on. */
    @Test
    void what_follows_a_repetition_that_ended_unseen_has_a_line_of_its_own() {
        iteration(true, 1);
        state.interrupts.repeating = false;
        begin(IRETQ, 2, 0);
        end(IRETQ);

        assertThat(objects()).hasSize(2);
        assertThat(lines()).contains("(interrupted after 1 iterations)");
    }

    @Test
    void a_fault_in_a_later_iteration_keeps_the_earlier_stores() {
        iteration(true, 1);
        begin(REP_MOVSB, 2, 0);
        store(0x6ff8, 8, 7);
        deliver(EventType.HARDWARE_EXCEPTION, Vector.PF, true);

        List<JsonObject> trace = objects();
        assertThat(trace).hasSize(2);
        assertThat(trace.get(0).getAsJsonArray("writes")).hasSize(1);
    }

    @Test
    void an_edge_that_is_only_latched_does_not_split_a_repeated_string_instruction() {
        iteration(true, 1);
        jsonTrace.nmiAsserted(state, 1, 0);
        jsonTrace.nmiLatched(state, 1, 0);
        iteration(false, 2);

        assertThat(objects())
                .extracting(StepTraceTest::what)
                .endsWith("assert", "latch")
                .hasSize(3);
    }

    private void iteration(boolean more, int index) {
        begin(REP_MOVSB, index, 0);
        store(0x5000 + index, 1, index);
        state.interrupts.repeating = more;
        end(REP_MOVSB);
    }

    @Test
    void unblocking_follows_the_line_of_the_iret() {
        state.rip = 0x1000;
        begin(IRETQ, 30, 3);
        state.rip = 0x1002;
        jsonTrace.iretBegins(state, true, 30, 3);
        state.rip = 0x2000;
        jsonTrace.iretCompleted(state, 30, 3);
        end(IRETQ);

        List<JsonObject> trace = objects();
        assertThat(trace).extracting(StepTraceTest::what).containsExactly("iretq", "iret-unblocks");
        assertThat(trace.get(1).get("from").getAsString()).isEqualTo("0x1000");
        assertThat(trace.get(1).get("vector").isJsonNull()).isTrue();
    }

    @Test
    void unblocking_at_success_is_told_when_the_iret_completes() {
        state.interrupts.nmiBlocked = true;
        begin(IRETQ, 30, 3);
        jsonTrace.iretBegins(state, false, 30, 3);
        state.interrupts.nmiBlocked = false;
        jsonTrace.iretCompleted(state, 30, 3);
        end(IRETQ);

        assertThat(objects()).extracting(StepTraceTest::what).containsExactly("iretq", "iret-unblocks");
    }

    @Test
    void an_iret_that_faults_has_unblocked_all_the_same() {
        begin(IRETQ, 30, 3);
        jsonTrace.iretBegins(state, true, 30, 3);
        deliver(EventType.HARDWARE_EXCEPTION, Vector.GP, true);

        assertThat(objects()).extracting(StepTraceTest::what).containsExactly("iret-unblocks", "exception");
    }

    @Test
    void an_instruction_that_is_not_implemented_is_told_to_people_only() {
        begin(NOP, 0, 0);

        assertThat(objects()).isEmpty();
        assertThat(lines()).contains("(not implemented)");
    }

    @Test
    void the_columns_tell_line_latch_and_blocking() {
        state.interrupts.nmiLine = true;
        state.interrupts.nmiLatched = true;
        state.interrupts.nmiBlocked = true;
        begin(NOP, 7, 5);
        end(NOP);

        assertThat(lines().lines().skip(1).findFirst().orElseThrow()).startsWith("       5        7  PLB  0x0");
    }

    @Test
    void other_events_have_lines_of_their_own() {
        textTrace.nmiAsserted(state, 9, 8);
        textTrace.nmiMerged(state, 9, 8);
        textTrace.woken(state, 9, 8);
        textTrace.shutdown(state, "triple fault", 9, 8);

        assertThat(lines())
                .contains("** NMI asserted before 0x0")
                .contains("** NMI merged")
                .contains("** woken")
                .contains("** shutdown: triple fault");
    }
}
