/**
 * What a program is loaded from: ELF files, their segments and symbols.
 *
 * <p>A file is not to be trusted: {@link io.github.nmi64.image.ElfBounds} looks before anything is read.
 */
@NullMarked
package io.github.nmi64.image;

import org.jspecify.annotations.NullMarked;
