package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;
import java.util.OptionalLong;

/**
 * The saved registers (pt_regs) describe the program the NMI interrupted when the handler starts, and still do when it
 * ends. Their layout is Linux's: r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi, orig_rax, rip cs rflags rsp ss.
 */
final class FrameIntact extends Invariant {
    private static final int[] LAYOUT = {
        Gpr.R15,
        Gpr.R14,
        Gpr.R13,
        Gpr.R12,
        Gpr.RBP,
        Gpr.RBX,
        Gpr.R11,
        Gpr.R10,
        Gpr.R9,
        Gpr.R8,
        Gpr.RAX,
        Gpr.RCX,
        Gpr.RDX,
        Gpr.RSI,
        Gpr.RDI,
        -1, // orig_rax says nothing about the interrupted program
        ContextRegisters.RIP,
        ContextRegisters.CS,
        ContextRegisters.RFLAGS,
        Gpr.RSP,
        ContextRegisters.SS
    };

    FrameIntact() {
        super("frame-intact");
    }

    @Override
    void bodyStarted(Scene scene, long savedRegisters) {
        compare(scene, savedRegisters, "when the handler starts");
    }

    @Override
    void bodyEnded(Scene scene) {
        if (scene.nesting().inBody) {
            compare(scene, scene.nesting().savedRegisters, "when the handler ends");
        }
    }

    private void compare(Scene scene, long savedRegisters, String when) {
        int level = scene.nesting().innermost(Vector.NMI);
        for (int i = 0; level >= 0 && i < LAYOUT.length; i++) {
            if (LAYOUT[i] < 0) {
                continue;
            }
            String name = ContextRegisters.NAMES.get(LAYOUT[i]);
            long expected = scene.nesting().value(level, LAYOUT[i]);
            OptionalLong found = scene.quadword(savedRegisters + 8L * i);
            if (found.isEmpty()) {
                broken(scene, name, "pt_regs at " + Hex.of(savedRegisters) + " are not mapped " + when);
                return;
            }
            long saved = LAYOUT[i] == ContextRegisters.RFLAGS ? found.getAsLong() & ~Rflags.RF : found.getAsLong();
            if (saved != expected) {
                broken(
                        scene,
                        name,
                        "pt_regs at " + Hex.of(savedRegisters) + " say " + name + " = " + Hex.of(saved) + " " + when
                                + "; the interrupted program has " + Hex.of(expected));
                return;
            }
        }
    }
}
