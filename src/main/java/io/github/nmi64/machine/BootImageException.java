package io.github.nmi64.machine;

/** An image that cannot be placed in the machine; the message says what and how to mend it, in one line. */
public final class BootImageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BootImageException(String message) {
        super(message);
    }
}
