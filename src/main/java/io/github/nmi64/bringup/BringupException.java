package io.github.nmi64.bringup;

/** A kernel lacks what running it needs, or what was asked for does not fit it; the message says what. */
public final class BringupException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BringupException(String message) {
        super(message);
    }

    BringupException(String message, BringupException cause) {
        super(message, cause);
    }
}
