package io.github.nmi64.monitor;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.EventType;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;

/** A program, an NMI handler with an entry and a body, their stacks, and a monitor that knows all of them. */
abstract class WatchedHandler extends MonitoredByHand {
    static final long VICTIM = 0x1000;
    static final long ENTRY = 0x2000;
    static final long BODY = 0x3000;
    static final long BODY_END = 0x3010;
    static final long NMI_STACK = 0x8000;
    static final long NMI_TOP = 0x9000;
    static final long TASK_TOP = 0xa000;
    static final long SAVED = 0x8f00;
    static final long KERNEL_GS = 0x7000;
    static final String DIRECTIVES = """
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

    @BeforeEach
    void watchTheHandler() {
        monitor = monitor(DIRECTIVES);
        victim();
    }

    void victim() {
        program(VICTIM, TASK_TOP - 0x10, Rflags.FIXED | Rflags.IF);
        state.segments.base[Segment.GS] = KERNEL_GS;
    }

    void nmi() {
        deliver(EventType.NMI, 2, 3, ENTRY, NMI_TOP - 40);
    }

    /** One instruction, from where to where. */
    void step(long from, long to) {
        state.rip = from;
        monitor.beforeStep();
        state.rip = to;
        core.retired++;
        monitor.afterStep();
    }

    /** One instruction of the program or a handler that moves RSP. */
    void allocate(long from, long to) {
        state.gpr[Gpr.RSP] = from;
        monitor.beforeStep();
        state.gpr[Gpr.RSP] = to;
        core.retired++;
        monitor.afterStep();
    }

    void runBody() {
        savedRegistersOfVictim();
        step(BODY, BODY + 4);
        step(BODY_END, BODY_END + 1);
    }

    void iretToVictim() {
        state.gpr[Gpr.RSP] = NMI_TOP - 40;
        monitor.iretBegins(state, true, 0, core.retired);
        victim();
        state.gpr[Gpr.RDI] = 0;
        monitor.iretCompleted(state, 0, core.retired);
    }

    void savedRegistersOfVictim() {
        for (int i = 0; i < 15; i++) {
            memory.put(SAVED + 8L * i, 0L);
        }
        List<Long> frame = List.of(VICTIM, 8L, Rflags.FIXED | Rflags.IF, TASK_TOP - 0x10, 0x10L);
        for (int i = 0; i < frame.size(); i++) {
            memory.put(SAVED + 8L * (16 + i), frame.get(i));
        }
        state.gpr[Gpr.RDI] = SAVED;
    }

    List<String> found() {
        return monitor.violations().stream()
                .map(violation -> violation.invariant() + " " + violation.subject())
                .toList();
    }
}
