package io.github.nmi64.timing;

import io.github.nmi64.isa.Instruction;

/**
 * How far the clock advances. Costs are asked for once per decoded instruction, not once per execution.
 *
 * <p>Every cost is at least one cycle; the run loop relies on it to turn a limit on instructions into one on cycles.
 */
public interface CostModel {
    /** One cycle for everything. */
    CostModel UNIT = new CostModel() {
        @Override
        public int instruction(Instruction instruction) {
            return 1;
        }

        @Override
        public int delivery(boolean stackSwitch) {
            return 1;
        }

        @Override
        public String toString() {
            return "unit";
        }
    };

    /** Cycles of one execution, or of one iteration of a repeated string instruction; at least 1. */
    int instruction(Instruction instruction);

    /** Cycles from recognising an event to the boundary before the handler's first instruction; at least 1. */
    int delivery(boolean stackSwitch);
}
