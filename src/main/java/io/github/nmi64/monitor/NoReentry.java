package io.github.nmi64.monitor;

/** The NMI handler's body never starts again before it has ended. */
final class NoReentry extends Invariant {
    NoReentry() {
        super("no-reentry");
    }

    @Override
    void bodyStarted(Scene scene, long savedRegisters) {
        if (scene.nesting().inBody) {
            broken(
                    scene,
                    "handler",
                    "the handler starts again at " + scene.at(scene.state().rip) + " before its last run has ended");
        }
    }
}
