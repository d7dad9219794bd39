/**
 * Linux kernels as distributions ship them: what is in a bzImage or a vmlinux that nobody has booted. Its names come from
 * kallsyms, its structures from BTF; no symbol table and no debugging information is needed.
 *
 * <p>A kernel is a file of a stranger's: every size is compared with what is there before anything is allocated.
 */
@NullMarked
package io.github.nmi64.kernel;

import org.jspecify.annotations.NullMarked;
