package io.github.nmi64.bringup;

import java.util.Optional;

/**
 * A victim and a bundled handler.
 *
 * @param handler one of {@link Handler#BUNDLED}
 */
public record Scenario(Victim victim, String handler) {

    /** Reads {@code user/int3}; empty if there is no such victim or handler. */
    public static Optional<Scenario> parse(String text) {
        int slash = text.indexOf('/');
        String handler = text.substring(slash + 1);
        return Victim.named(text.substring(0, Math.max(0, slash)))
                .filter(victim -> Handler.BUNDLED.contains(handler))
                .map(victim -> new Scenario(victim, handler));
    }

    /** {@code user/int3}. */
    public String text() {
        return victim.keyword() + "/" + handler;
    }
}
