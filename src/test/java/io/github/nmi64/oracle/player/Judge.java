package io.github.nmi64.oracle.player;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.machine.Machine;
import io.github.nmi64.oracle.player.Damage.Kind;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.InterruptState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.trace.DeliveredEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Follows a disturbed run beside the undisturbed one. Where both are at the same boundary they are in step: one instruction
 * here is one there, from the same state, with the same stores. An event that was not delivered there takes the program
 * away; it is back at a boundary where all its registers and its memory are as they were. A boundary at its place where
 * they are not is remembered as a doubt and told if it never comes back.
 */
final class Judge {
    /** The general registers in the order of pt_regs; 120 is the word before the frame. */
    private static final int[] PT_REGS = {
        Gpr.R15, Gpr.R14, Gpr.R13, Gpr.R12, Gpr.RBP, Gpr.RBX, Gpr.R11, Gpr.R10, Gpr.R9, Gpr.R8, Gpr.RAX, Gpr.RCX,
        Gpr.RDX, Gpr.RSI, Gpr.RDI
    };

    private static final int FRAME = 128;

    /** A program that an NMI or a machine check has interrupted and that is not back at its place. */
    private record Interrupted(int vector, ProgramState program) {}

    private final Undisturbed undisturbed;
    private final Declared declared;
    private final Machine machine;
    private final CpuState state;
    private final TracedMemory memory;
    private final StepRecorder recorder;

    private int at;
    private boolean away;
    private int left;
    private long pushedRf;
    private String doubt = "";
    private int doubts;
    private boolean owed;
    private final List<Interrupted> interrupted = new ArrayList<>();
    private @Nullable Damage damage;
    private boolean over;

    private long ripBefore;
    private long savedBefore;
    private int before;

    /** @param boundary of the undisturbed run at which the machine is */
    Judge(
            Undisturbed undisturbed,
            Declared declared,
            Machine machine,
            TracedMemory memory,
            StepRecorder recorder,
            int boundary) {
        this.undisturbed = undisturbed;
        this.declared = declared;
        this.machine = machine;
        this.state = machine.state();
        this.memory = memory;
        this.recorder = recorder;
        this.at = boundary;
    }

    /** True if the fixture lets events arrive at this boundary. */
    boolean isOpen() {
        return undisturbed.isOpen(at);
    }

    /** What is wrong, if something is. */
    Optional<Damage> damage() {
        return Optional.ofNullable(damage);
    }

    /** How often somebody passed the place of a program that came back later, with other registers or memory. */
    int doubts() {
        return damage == null ? doubts : 0;
    }

    /** Makes one step. False if the run is over or judged. */
    boolean step() {
        ripBefore = state.rip;
        savedBefore = declared.savedRegisters() < 0 ? 0 : state.gpr[declared.savedRegisters()];
        before = memory.mark();
        InterruptState pending = state.interrupts;
        boolean due = pending.nmiLatched || pending.machineCheck;
        ProgramState now = !away ? undisturbed.state(at) : due ? ProgramState.of(state) : null;
        recorder.begin();
        boolean goesOn = machine.cpu().step();
        owed |= recorder.hasDeliveredNmi() && declared.hasHandler();
        DeliveredEvent event = recorder.delivered();
        if (now != null && event != null && (event.vector() == Vector.NMI || event.vector() == Vector.MC)) {
            interrupted.add(new Interrupted(event.vector(), now));
        }
        if (away) {
            followHandlers(goesOn);
        } else {
            followProgram(goesOn);
        }
        return damage == null && !over;
    }

    /** Nothing more is to be waited for. */
    void giveUp(int steps) {
        if (away) {
            damage = lost("it does not within " + steps + " steps");
        } else {
            damage = new Damage(Kind.END, "the run does not end within " + steps + " steps");
        }
    }

    private void followProgram(boolean goesOn) {
        if (!goesOn) {
            end();
            return;
        }
        if (at == undisturbed.last()) {
            if (recorder.delivered() != null) {
                depart(recorder.delivered());
            } else {
                over = true; // an event has ended the HLT at which the undisturbed run ends
                checkHandlerRan();
            }
            return;
        }
        ProgramState now = ProgramState.of(state);
        String difference = now.difference(undisturbed.state(at + 1));
        if (difference.isEmpty() && recorder.hasStored(undisturbed.stores(at))) {
            at++;
            checkHandlerRan();
        } else if (recorder.delivered() != null) {
            depart(recorder.delivered());
        } else if (recorder.hasExecuted()
                || !now.difference(undisturbed.state(at)).isEmpty()) {
            damage = new Damage(
                    Kind.ORDER,
                    "after its instruction at " + Hex.of(ripBefore) + " "
                            + (difference.isEmpty() ? "other stores were made" : difference));
        }
    }

    private void depart(DeliveredEvent event) {
        away = true;
        left = before;
        pushedRf = event.fromRflags() & Rflags.RF;
        doubt = "";
    }

    private void followHandlers(boolean goesOn) {
        if (recorder.hasExecuted() && declared.isHandlerStart(ripBefore)) {
            owed = false;
            checkSavedRegisters();
        }
        ProgramState program = undisturbed.state(at);
        if (!goesOn) {
            damage = lost("the run ends instead: " + Undisturbed.End.of(machine));
        } else if (program.isPlaceOf(state)) {
            comeBack(program);
        } else if (state.cpl == 3) {
            damage = lost("at CPL 3 it goes on at " + Hex.of(state.rip) + ", RSP " + Hex.of(state.gpr[Gpr.RSP]));
        } else {
            forgetWhoIsBack();
        }
    }

    private void forgetWhoIsBack() {
        for (int i = interrupted.size() - 1; i >= 0; i--) {
            if (interrupted.get(i).program.isPlaceOf(state)) {
                interrupted.subList(i, interrupted.size()).clear();
            }
        }
    }

    private void comeBack(ProgramState program) {
        String difference = ProgramState.of(state).difference(program);
        if (difference.isEmpty() && (state.rflags & Rflags.RF) != pushedRf) {
            difference = "RF is not what was pushed";
        }
        if (difference.isEmpty()) {
            difference = memoryDifference(program);
        }
        if (difference.isEmpty()) {
            away = false;
            interrupted.clear();
            doubts += doubt.isEmpty() ? 0 : 1;
        } else if (doubt.isEmpty()) {
            doubt = "; at its place " + difference;
        }
    }

    private String memoryDifference(ProgramState program) {
        for (Map.Entry<Long, Long> word : memory.changedSince(left).entrySet()) {
            if (!declared.mayDiffer(word.getKey(), program)) {
                return "the quadword at " + Hex.of(word.getKey()) + " is " + Hex.of(memory.quadword(word.getKey()))
                        + " and was " + Hex.of(word.getValue());
            }
        }
        return "";
    }

    private Damage lost(String instead) {
        ProgramState program = undisturbed.state(at);
        return new Damage(
                Kind.RESUMED, "the program should go on at " + Hex.of(program.rip()) + "; " + instead + doubt);
    }

    private void checkHandlerRan() {
        if (owed) {
            damage = new Damage(
                    Kind.HANDLER, "the program has executed " + Hex.of(ripBefore) + ", no handler has started");
        }
    }

    /** They are those of a program that an NMI has interrupted; if of none, the outermost is named. */
    private void checkSavedRegisters() {
        List<String> differences = interrupted.stream()
                .filter(context -> context.vector == Vector.NMI)
                .map(context -> savedDifference(context.program))
                .toList();
        if (declared.savedRegisters() >= 0
                && !differences.isEmpty()
                && differences.stream().noneMatch(String::isEmpty)) {
            damage = new Damage(Kind.PT_REGS, "the handler starts with " + differences.get(0));
        }
    }

    private String savedDifference(ProgramState program) {
        for (int i = 0; i < PT_REGS.length; i++) {
            long saved = memory.quadword(savedBefore + 8L * i);
            if (saved != program.gpr(PT_REGS[i])) {
                return told(Gpr.NAMES.get(PT_REGS[i]), saved, program.gpr(PT_REGS[i]));
            }
        }
        List<String> names = List.of("rip", "cs", "rflags", "rsp", "ss");
        long[] frame = {program.rip(), program.cs(), program.rflags(), program.rsp(), program.ss()};
        for (int i = 0; i < frame.length; i++) {
            long saved = memory.quadword(savedBefore + FRAME + 8L * i) & (i == 2 ? ~Rflags.RF : -1L);
            if (saved != frame[i]) {
                return told(names.get(i), saved, frame[i]);
            }
        }
        return "";
    }

    private static String told(String name, long saved, long expected) {
        return name + " " + Hex.of(saved) + " and not " + Hex.of(expected);
    }

    private void end() {
        over = true;
        Undisturbed.End ours = Undisturbed.End.of(machine);
        if (at != undisturbed.last() || !ours.isLike(undisturbed.end(), !declared.sharesOutput())) {
            damage = new Damage(Kind.END, "the run ends with " + ours + " and not " + undisturbed.end());
        } else if (owed || state.interrupts.nmiLatched && state.interrupts.nmiBlocked) {
            damage = new Damage(Kind.HANDLER, "the run ends and no handler has started");
        }
    }

    /** True if a machine check is being handled. */
    boolean isInMachineCheck() {
        return interrupted.stream().anyMatch(context -> context.vector == Vector.MC);
    }
}
