package io.github.nmi64.isa;

import io.github.nmi64.bits.Hex;
import org.jspecify.annotations.Nullable;

/**
 * An exception the processor raises while it fetches, decodes or executes an instruction or delivers an event. Thrown
 * before anything of the instruction is committed; the saved RIP is that of the instruction (fault class, SDM vol. 3,
 * 6.5). Carries no Java stack trace: faults are part of normal operation.
 */
public final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int vector;
    private final int errorCode;
    private final long linearAddress;
    private final @Nullable String lacking;

    private Fault(int vector, int errorCode, long linearAddress, @Nullable String lacking) {
        super(null, null, false, false);
        this.vector = vector;
        this.errorCode = errorCode;
        this.linearAddress = linearAddress;
        this.lacking = lacking;
    }

    private Fault(int vector, int errorCode, long linearAddress) {
        this(vector, errorCode, linearAddress, null);
    }

    /** A fault whose vector pushes no error code. */
    public static Fault of(int vector) {
        return new Fault(vector, 0, 0);
    }

    /** A fault with an error code of 16 bits. */
    public static Fault of(int vector, int errorCode) {
        return new Fault(vector, errorCode, 0);
    }

    /** #UD. */
    public static Fault undefinedOpcode() {
        return of(Vector.UD);
    }

    /** #GP with an error code: 0, or a selector with its low two bits cleared. */
    public static Fault generalProtection(int errorCode) {
        return of(Vector.GP, errorCode);
    }

    /** #SS with an error code. */
    public static Fault stack(int errorCode) {
        return of(Vector.SS, errorCode);
    }

    /** #PF: {@code linearAddress} goes to CR2 when the fault is delivered. */
    public static Fault page(long linearAddress, int errorCode) {
        return new Fault(Vector.PF, errorCode, linearAddress);
    }

    /**
     * This fault of an instruction that is valid on processors with {@code facility}, which this one lacks and no guest can
     * enable. A guest that handles the fault handles it; for one that does not, what is missing is the news.
     */
    public Fault lacking(String facility) {
        return new Fault(vector, errorCode, linearAddress, facility);
    }

    /** What another processor would have to execute the instruction, or null if the guest alone is to blame. */
    public @Nullable String lacking() {
        return lacking;
    }

    /** Vector number, 0 to 31. */
    public int vector() {
        return vector;
    }

    /** Error code; meaningful only if {@link Vector#pushesErrorCode} says so. */
    public int errorCode() {
        return errorCode;
    }

    /** Linear address of a page fault. */
    public long linearAddress() {
        return linearAddress;
    }

    @Override
    public String getMessage() {
        String code = Vector.pushesErrorCode(vector) ? "(" + Hex.of(errorCode) + ")" : "";
        return Vector.name(vector) + code + (vector == Vector.PF ? " at " + Hex.of(linearAddress) : "");
    }
}
