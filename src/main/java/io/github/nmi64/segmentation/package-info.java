/**
 * Descriptors and descriptor tables: what a selector names. Start reading at
 * {@link io.github.nmi64.segmentation.Descriptor}.
 */
@NullMarked
package io.github.nmi64.segmentation;

import org.jspecify.annotations.NullMarked;
