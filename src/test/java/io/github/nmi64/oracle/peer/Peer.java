package io.github.nmi64.oracle.peer;

import java.io.IOException;

/**
 * Another machine, stopped at a boundary between instructions of the image. Used by one thread. Every method may throw
 * {@link IOException} if the program behind it does not answer as it should.
 */
interface Peer extends AutoCloseable {
    /** What a step came to. */
    enum Stop {
        /** The machine is at another boundary. */
        BOUNDARY,
        /** HLT has executed and nothing wakes the processor. */
        HALTED,
        /** The processor has shut down. */
        SHUTDOWN,
        /** The image wrote the exit port. */
        EXIT
    }

    /** The registers now; not after {@link Stop#EXIT}. */
    Registers registers() throws IOException;

    /** Executes one instruction, or one iteration of it, or takes one event. */
    Stop step() throws IOException;

    /** After {@link Stop#EXIT}: whether this is the value written, as far as the peer tells. */
    boolean hasExitedWith(long value) throws IOException;

    /** Raises an NMI at this boundary: the next {@link #step} takes it unless something holds it back. */
    void raiseNmi() throws IOException;

    /** Requests a maskable interrupt at this boundary. */
    void raiseInterrupt(int vector) throws IOException;

    /**
     * Prepares an NMI that comes some time after the HLT which is next at this boundary has executed. In place of
     * {@link #raiseNmi} once it has, which a debugger that needs the processor to execute something cannot do.
     *
     * @return false if there is no need to: {@link #raiseNmi} works in HLT
     */
    boolean raiseNmiInHalt() throws IOException;

    /** Changes status flags at this boundary. */
    void setFlags(long rflags) throws IOException;

    /** Changes RAX at this boundary. */
    void setRax(long value) throws IOException;

    /** True if a step that takes an NMI or an interrupt executes the first instruction of the handler as well. */
    boolean runsIntoHandlers();

    /** Memory at a linear address that is mapped; not after {@link Stop#EXIT}. */
    byte[] memory(long linear, int length) throws IOException;

    /** What the image wrote to the serial port; call it after {@link #close}. */
    String serial() throws IOException;

    /** Ends the program behind it. */
    @Override
    void close() throws IOException;
}
