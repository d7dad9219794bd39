package io.github.nmi64.oracle.player;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.state.CpuState;
import io.github.nmi64.state.Rflags;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProgramStateTest {
    record Change(String told, Consumer<CpuState> change) {
        @Override
        public String toString() {
            return told;
        }
    }

    static Stream<Change> changes() {
        return Stream.of(
                new Change("r15", state -> state.gpr[Gpr.R15]++),
                new Change("rip", state -> state.rip++),
                new Change("rflags", state -> state.rflags ^= Rflags.DF),
                new Change("cpl", state -> state.cpl = 3),
                new Change("ss.selector", state -> state.segments.selector[Segment.SS]++),
                new Change("gs.base", state -> state.segments.base[Segment.GS]++),
                new Change("es.limit", state -> state.segments.limit[Segment.ES]++),
                new Change("tr.rights", state -> state.segments.rights[Segment.TR]++),
                new Change("idtBase", state -> state.idtBase++),
                new Change("cr2", state -> state.cr2++),
                new Change("cr3", state -> state.cr3++),
                new Change("cr8", state -> state.cr8++),
                new Change("dr3", state -> state.dr[3]++),
                new Change("dr7", state -> state.dr7++),
                new Change("kernelGsBase", state -> state.kernelGsBase++),
                new Change("NMI blocking", state -> state.interrupts.nmiBlocked = true));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void a_change_is_told_by_its_name(Change change) {
        CpuState state = new CpuState();
        ProgramState before = ProgramState.of(state);
        change.change.accept(state);

        assertThat(ProgramState.of(state).difference(before)).startsWith(change.told + " is ");
    }

    @Test
    void the_resume_flag_is_not_the_programs() {
        CpuState state = new CpuState();
        ProgramState before = ProgramState.of(state);
        state.rflags |= Rflags.RF;

        assertThat(ProgramState.of(state).difference(before)).isEmpty();
    }

    @Test
    void what_is_not_compared_exists() {
        assertThat(Arrays.stream(CpuState.class.getFields()).map(Field::getName))
                .containsAll(ProgramState.NOT_COMPARED.keySet());
    }
}
