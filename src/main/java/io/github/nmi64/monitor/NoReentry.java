package io.github.nmi64.monitor;

/** The NMI handler's body never starts again before it has ended. */
final class NoReentry extends Invariant {
    private final long handler;

    NoReentry(long handler) {
        super("no-reentry");
        this.handler = handler;
    }

    @Override
    void bodyStarted(Scene scene, long savedRegisters) {
        if (scene.nesting().inBody) {
            broken(
                    scene,
                    "handler",
                    "the handler " + scene.at(handler) + " starts again before its previous run has ended");
        }
    }
}
