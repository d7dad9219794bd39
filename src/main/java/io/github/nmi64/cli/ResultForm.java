package io.github.nmi64.cli;

import java.util.Locale;

/** How a result is told. */
enum ResultForm {
    /** For people. */
    TEXT,
    /** One JSON object on one line. */
    JSON;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Reads the name of a constant. */
    static final class Words extends EnumConverter<ResultForm> {
        Words() {
            super(ResultForm.class);
        }
    }
}
