package io.github.nmi64.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.cpu.Outcome;
import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Guests made of random bytes, with random registers, tables and page tables, while events arrive: each comes to one of
 * the ends a run has. Nothing a guest does may end the emulator, take memory without bound, or go on for ever.
 */
class RandomGuestsTest {
    private static final long SEED = 0x6775657374L;
    private static final int GUESTS = 10_000;
    private static final int CODE = 256;
    private static final long INSTRUCTIONS = 400;
    private static final long CYCLES = 4_000;
    /** A page is copied when it is first written; this is far more than so short a run may write. */
    private static final long MEMORY = 48L << 20;
    /** Bytes that begin instructions only a kernel may execute, or that make others of what follows. */
    private static final int[] TELLING = {
        0x0f, 0x0f, 0x48, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0xcf, 0xcd, 0xcc, 0xfa, 0xfb, 0xf4, 0xff, 0xee, 0xef, 0x8e, 0x9d
    };

    private static final String SKIP_A_BYTE = "48 ff 04 24 ; (incq (%rsp))\n48 cf       ; iretq";
    private static final String SKIP_PAST_ERROR_CODE = """
                            48 83 c4 08 ; add $0x8,%rsp
                            48 ff 04 24 ; (incq (%rsp))
                            48 cf       ; iretq
                            """;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final TestMachine machine = guest();
    private final Machine.Snapshot fresh = machine.machine().snapshot();
    private final Map<Outcome, Integer> ends = new EnumMap<>(Outcome.class);

    /** Faults are answered by going on one byte later, so that a guest gets further than its first mistake. */
    private static TestMachine guest() {
        GuestProgram program = GuestProgram.kernel("90 ; nop").at(GuestProgram.USER, CodeMode.LONG64, "90 ; nop");
        for (int vector = 0; vector < 32; vector++) {
            if (vector != Vector.NMI) {
                program.handler(vector, Vector.pushesErrorCode(vector) ? SKIP_PAST_ERROR_CODE : SKIP_A_BYTE);
            }
        }
        return program.boot();
    }

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void random_programs_come_to_an_end() throws Exception {
        long retired = 0;
        for (int i = 0; i < GUESTS; i++) {
            byte[] code = code();
            machine.machine().restore(fresh);
            machine.log().clear();
            prepare(code);
            int guest = i;
            Bounds.within(MEMORY, "guest " + i, () -> run(guest, code));
            retired += machine.machine().core().retired;
        }

        assertThat(ends.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(GUESTS);
        assertThat(ends).as("ends of the guests").containsKeys(Outcome.LIMIT, Outcome.SHUTDOWN, Outcome.HALTED);
        assertThat(retired / GUESTS).as("instructions a guest").isGreaterThan(20);
    }

    private byte[] code() {
        byte[] code = new byte[CODE];
        random.nextBytes(code);
        for (int i = 0; i < CODE; i += 1 + random.nextInt(6)) {
            code[i] = (byte) TELLING[random.nextInt(TELLING.length)];
        }
        return code;
    }

    private void prepare(byte[] code) {
        CpuState state = machine.state();
        boolean user = random.nextInt(3) == 0;
        machine.machine().memory().write(user ? GuestProgram.USER : GuestProgram.KERNEL, code, 0, code.length);
        if (user) {
            machine.enterUser();
        }
        for (int register = 0; register < Gpr.COUNT; register++) {
            if (register != Gpr.RSP || random.nextInt(4) == 0) {
                machine.set(register, value());
            }
        }
        machine.raise(
                random.nextInt() & (Rflags.STATUS | Rflags.DF | Rflags.IF | (random.nextInt(8) == 0 ? Rflags.TF : 0)));
        if (random.nextInt(3) == 0) {
            spoil(state);
        }
        machine.changed();
    }

    private long value() {
        return switch (random.nextInt(6)) {
            case 0 -> GuestProgram.DATA + random.nextInt(8192);
            case 1 -> GuestProgram.USER_DATA + random.nextInt(8192);
            case 2 -> random.nextInt(0x1_0000);
            case 3 -> 0xffff_8000_0000_0000L + random.nextInt(-64, 64);
            case 4 -> -random.nextInt(1, 0x1_0000);
            default -> random.nextLong();
        };
    }

    /** What a kernel may have done before: tables in odd places, page tables that lead outside memory. */
    private void spoil(CpuState state) {
        long anywhere = random.nextLong() & 0x000f_ffff_ffff_f000L;
        switch (random.nextInt(7)) {
            case 0 -> state.cr3 = anywhere;
            case 1 -> state.cr3 = anywhere & 0x3ff_f000L;
            case 2 -> state.idtBase = value() << 16 >> 16;
            case 3 -> state.idtLimit = random.nextInt(0x1_0000);
            case 4 -> state.gdtBase = value() << 16 >> 16;
            case 5 -> machine.map(GuestProgram.DATA, random.nextLong());
            default -> machine.map(GuestProgram.KERNEL_STACK - 4096, random.nextLong() | 3);
        }
    }

    private boolean run(int guest, byte[] code) {
        try {
            machine.machine().cpu().begin(INSTRUCTIONS, CYCLES);
            while (machine.machine().cpu().step()) {
                arrive();
            }
            ends.merge(machine.outcome(), 1, Integer::sum);
            return true;
        } catch (RuntimeException | Error e) {
            throw new AssertionError("guest " + guest + ": " + HexFormat.of().formatHex(code), e);
        }
    }

    private void arrive() {
        switch (random.nextInt(60)) {
            case 0 -> machine.nmi();
            case 1 -> machine.interrupt(0x20 + random.nextInt(0xe0));
            case 2 -> {
                if (random.nextInt(10) == 0) {
                    machine.machineCheck();
                }
            }
            default -> {}
        }
    }
}
