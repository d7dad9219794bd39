package io.github.nmi64.cpu;

/** Why a run ended. */
public enum Outcome {
    /** The guest wrote the exit port. */
    EXIT,
    /** HLT, and nothing is left that could wake the processor. */
    HALTED,
    /** Triple fault, and no NMI is left that could end the shutdown. */
    SHUTDOWN,
    /** An instruction the emulator does not implement. */
    UNSUPPORTED,
    /** The limit on instructions or cycles was reached. */
    LIMIT,
    /** Whoever runs the machine asked it to stop ({@link Cpu#pause}); it is at a boundary and can go on. */
    PAUSED
}
