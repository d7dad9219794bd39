package io.github.nmi64.monitor;

/**
 * An invariant that nobody watches.
 *
 * @param invariant its name
 * @param why what the fixture does not say: {@code "no directive 'handler'"}
 */
public record Unwatched(String invariant, String why) {}
