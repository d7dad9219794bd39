/**
 * Physical memory as copy-on-write pages; knows neither processor nor devices. Start reading at
 * {@link io.github.nmi64.memory.PhysicalMemory}.
 */
@NullMarked
package io.github.nmi64.memory;

import org.jspecify.annotations.NullMarked;
