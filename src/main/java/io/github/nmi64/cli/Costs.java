package io.github.nmi64.cli;

import io.github.nmi64.timing.CostModel;
import io.github.nmi64.timing.TableCosts;
import java.util.Locale;

/** The cost models by name. */
enum Costs {
    /** One cycle for everything. */
    UNIT {
        @Override
        CostModel model() {
            return CostModel.UNIT;
        }
    },
    /** What the bundled table says. */
    TABLE {
        @Override
        CostModel model() {
            return TableCosts.bundled();
        }
    };

    /** The model. */
    abstract CostModel model();

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Reads the name of a constant. */
    static final class Words extends EnumConverter<Costs> {
        Words() {
            super(Costs.class);
        }
    }
}
