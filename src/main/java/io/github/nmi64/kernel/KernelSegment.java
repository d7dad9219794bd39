package io.github.nmi64.kernel;

import java.nio.ByteBuffer;

/**
 * A part of a kernel that is loaded.
 *
 * @param address linear; 0 for the template of the per-CPU variables, which is linked there and loaded at
 *     {@code __per_cpu_load}
 * @param memorySize bytes in memory, those past {@code bytes} zero
 * @param flags of the program header: 1 executable, 2 writable, 4 readable
 * @param bytes what the file holds, not copied and read-only
 */
public record KernelSegment(long address, long memorySize, int flags, ByteBuffer bytes) {}
