package io.github.nmi64.cli;

/** The user gave something that cannot be used. The message is one line: what, where, and how to mend it. */
final class BadInput extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadInput(String message) {
        super(message);
    }
}
