package io.github.nmi64.kernel;

/**
 * A place in the kernel's code that booting patches for the processor it finds.
 *
 * @param address of the instructions in the image
 * @param length of these, in bytes
 * @param replacement address of what may take their place
 * @param size of that, in bytes; the rest is filled with NOPs
 * @param feature number of the CPU feature, word times 32 plus bit, as in the kernel's cpufeatures.h
 * @param isInverted it is replaced if the processor has the feature not
 * @param isCall the replacement is a direct call of what an indirect one calls
 */
public record Alternative(
        long address, int length, long replacement, int size, int feature, boolean isInverted, boolean isCall) {}
