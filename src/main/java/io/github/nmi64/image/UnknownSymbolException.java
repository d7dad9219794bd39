package io.github.nmi64.image;

/** A name is not in the symbol table: {@code unknown symbol 'do_nmj' (did you mean 'do_nmi'?)}. */
public final class UnknownSymbolException extends ImageException {
    private static final long serialVersionUID = 1L;

    UnknownSymbolException(String message) {
        super(message);
    }
}
