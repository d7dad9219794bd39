package io.github.nmi64.explore;

/** Nothing can arrive anywhere, so every verdict would be empty. The message says why, and how to mend it. */
public final class NothingToExploreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NothingToExploreException(String message) {
        super(message);
    }
}
