/**
 * The instructions: one file per family, one small nested class per operation, each with its encodings and its meaning.
 * Start reading at {@link io.github.nmi64.op.Operation}, then any family.
 */
@NullMarked
package io.github.nmi64.op;

import org.jspecify.annotations.NullMarked;
