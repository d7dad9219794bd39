package io.github.nmi64.image;

/** An image cannot be used as asked. The message is for the user: one line that says what is wrong, where and how to mend it. */
public abstract sealed class ImageException extends RuntimeException
        permits ImageFormatException, UnknownSymbolException {
    private static final long serialVersionUID = 1L;

    ImageException(String message) {
        super(message);
    }

    ImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
