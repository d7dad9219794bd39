package io.github.nmi64.report;

import io.github.nmi64.fixture.CheckPlan;
import java.util.stream.Collectors;

/** A fixture of the catalogue and what {@code check} found. */
public record CatalogueEntry(CheckPlan plan, CheckReport report) {

    /** True if the verdict is the one the fixture expects. */
    public boolean isAsExpected() {
        return report.asExpected().orElse(false);
    }

    /** {@code B06,B07}, or {@code -} if the fixture stands for no row. */
    public String ids() {
        String ids =
                plan.rows().stream().map(CheckPlan.CatalogueRow::id).distinct().collect(Collectors.joining(","));
        return ids.isEmpty() ? "-" : ids;
    }
}
