package io.github.nmi64.monitor;

import io.github.nmi64.fixture.Violation;
import io.github.nmi64.trace.DeliveredEvent;

/**
 * Something that must hold in every run. Stateless: what it has to remember is in {@link Nesting}, so that it is part of a
 * state's identity. A new invariant is one subclass and one line of {@link Invariants}.
 */
abstract class Invariant {
    private final String name;

    /** @param name its name, part of the interface: "context-restored" */
    Invariant(String name) {
        this.name = name;
    }

    final String name() {
        return name;
    }

    final void broken(Scene scene, String subject, String detail) {
        scene.report(new Violation(name, subject, scene.retired(), scene.state().rip, detail));
    }

    /** An event was delivered; the state is at the handler's first instruction. */
    void delivered(Scene scene, DeliveredEvent event) {}

    /** An IRET is about to pop the frame at this address; it may yet fault. */
    void popping(Scene scene, long frame) {}

    /** An IRET resumed the context at this level, which is still on the list. */
    void resumed(Scene scene, int level) {}

    /** The NMI handler's body has executed its first instruction; {@code inBody} still tells what was before. */
    void bodyStarted(Scene scene, long savedRegisters) {}

    /** The NMI handler's body has executed its last instruction; {@code inBody} still tells what was before. */
    void bodyEnded(Scene scene) {}

    /** The outermost program goes on, and the machine is not as it was; whoever knows the cause tells it. */
    void interfered(Scene scene) {}

    /** The processor has shut down. */
    void shutDown(Scene scene, String cause) {}

    /** The run is over: the guest has exited or halted for good. */
    void ended(Scene scene) {}

    /** After {@link #ended}: the run has come to the very end of the run that nothing interrupts. */
    void completed(Scene scene) {}

    /** True if {@link #boundary} has something to do. */
    boolean watchesBoundaries() {
        return false;
    }

    /** A step has been made. */
    void boundary(Scene scene) {}
}
