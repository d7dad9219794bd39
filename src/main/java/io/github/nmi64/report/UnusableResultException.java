package io.github.nmi64.report;

/** Something that is no result of a check, or not one that can be joined with the others. The message says why. */
public final class UnusableResultException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnusableResultException(String message) {
        super(message);
    }
}
