package io.github.nmi64.kernel;

/** A file is not a kernel this program can read: {@code vmlinuz: is neither a bzImage nor an ELF file}. */
public final class KernelFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KernelFormatException(String name, String problem) {
        super(name + ": " + problem);
    }

    KernelFormatException(String name, String problem, Throwable cause) {
        super(name + ": " + problem, cause);
    }
}
