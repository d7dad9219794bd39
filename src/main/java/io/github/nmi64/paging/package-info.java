/**
 * From linear to physical addresses: the four-level page walk. Start reading at
 * {@link io.github.nmi64.paging.PageWalker}.
 */
@NullMarked
package io.github.nmi64.paging;

import org.jspecify.annotations.NullMarked;
