package io.github.nmi64.isa;

/**
 * A valid instruction, or a facility of one, that this emulator does not execute. Nothing of it has been committed. It
 * ends the run: continuing would show the guest something no processor does.
 */
public final class Unsupported extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** {@code what} names the facility, for example "x87 floating point". */
    public Unsupported(String what) {
        super(what, null, false, false);
    }
}
