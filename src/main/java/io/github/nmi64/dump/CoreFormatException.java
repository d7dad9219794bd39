package io.github.nmi64.dump;

/** A file is not a dump this program can go on from: {@code vmcore: is damaged}. */
public final class CoreFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CoreFormatException(String name, String problem) {
        super(name + ": " + problem);
    }

    CoreFormatException(String name, String problem, Throwable cause) {
        super(name + ": " + problem, cause);
    }
}
