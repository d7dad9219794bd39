package io.github.nmi64.oracle.player;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import io.github.nmi64.state.SegmentState;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * All registers a program owns, as words. They are found by reflection, so a register that is added to the processor is
 * compared from then on; what is not compared is named here, with the reason.
 */
final class ProgramState {
    /** Fields of {@link CpuState} a program has no claim to. */
    static final Map<String, String> NOT_COMPARED = Map.of(
            "dr6", "a message to the next debug handler, whose event sets it anew",
            "tscOffset", "time is promised to nobody",
            "activity", "an event ends HLT",
            "interrupts", "what is pending is not the program's; only whether NMIs are blocked is asked");

    private static final List<Field> REGISTERS = fields(CpuState.class);
    private static final List<Field> SEGMENTS = fields(SegmentState.class);
    private static final List<String> NAMES = names();
    private static final int RIP = NAMES.indexOf("rip");
    private static final int RFLAGS = NAMES.indexOf("rflags");
    private static final int CS = NAMES.indexOf("cs.selector");
    private static final int SS = NAMES.indexOf("ss.selector");
    private static final int CPL = NAMES.indexOf("cpl");

    private final long[] words;

    private ProgramState(long[] words) {
        this.words = words;
    }

    static ProgramState of(CpuState state) {
        long[] words = new long[NAMES.size()];
        try {
            int at = 0;
            for (Field field : REGISTERS) {
                if (field.getType() == SegmentState.class) {
                    for (Field part : SEGMENTS) {
                        at = collect(part.get(state.segments), words, at);
                    }
                } else {
                    at = collect(field.get(state), words, at);
                }
            }
            words[at] = state.interrupts.nmiBlocked ? 1 : 0;
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
        words[RFLAGS] &= ~Rflags.RF;
        return new ProgramState(words);
    }

    private static int collect(Object value, long[] words, int at) {
        if (value instanceof long[] array) {
            System.arraycopy(array, 0, words, at, array.length);
            return at + array.length;
        }
        if (value instanceof int[] array) {
            for (int i = 0; i < array.length; i++) {
                words[at + i] = array[i];
            }
            return at + array.length;
        }
        words[at] = value instanceof Boolean flag ? (flag ? 1 : 0) : ((Number) value).longValue();
        return at + 1;
    }

    private static List<Field> fields(Class<?> type) {
        return Arrays.stream(type.getFields())
                .filter(field -> !Modifier.isStatic(field.getModifiers()) && !NOT_COMPARED.containsKey(field.getName()))
                .toList();
    }

    private static List<String> names() {
        List<String> names = new ArrayList<>();
        CpuState state = new CpuState();
        try {
            for (Field field : REGISTERS) {
                if (field.getType() == SegmentState.class) {
                    for (Field part : SEGMENTS) {
                        for (int i = 0; i < Segment.COUNT; i++) {
                            names.add(Segment.NAMES.get(i) + "." + part.getName());
                        }
                    }
                } else if (field.getType().isArray()) {
                    for (int i = 0; i < Array.getLength(field.get(state)); i++) {
                        names.add(
                                field.getName().equals("gpr") && i < Gpr.COUNT
                                        ? Gpr.NAMES.get(i)
                                        : field.getName() + i);
                    }
                } else {
                    names.add(field.getName());
                }
            }
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
        names.add("NMI blocking");
        return names;
    }

    long rip() {
        return words[RIP];
    }

    long rsp() {
        return gpr(Gpr.RSP);
    }

    long gpr(int number) {
        return words[NAMES.indexOf(Gpr.NAMES.get(number))];
    }

    long rflags() {
        return words[RFLAGS];
    }

    long cs() {
        return words[CS];
    }

    long ss() {
        return words[SS];
    }

    int cpl() {
        return (int) words[CPL];
    }

    /** True if the processor is at the very place: RIP, RSP, CS and SS. */
    boolean isPlaceOf(CpuState now) {
        return now.rip == rip()
                && now.gpr[Gpr.RSP] == rsp()
                && now.selector(Segment.CS) == cs()
                && now.selector(Segment.SS) == ss();
    }

    /** What differs first, for a person; empty if nothing does. */
    String difference(ProgramState other) {
        int at = Arrays.mismatch(words, other.words);
        return at < 0 ? "" : NAMES.get(at) + " is " + Hex.of(words[at]) + " and was " + Hex.of(other.words[at]);
    }
}
