/**
 * From linear to physical addresses: the four-level page walk. Imports {@code isa}, {@code memory} and {@code state}.
 * Start reading at {@link io.github.nmi64.paging.PageWalker}.
 */
@NullMarked
package io.github.nmi64.paging;

import org.jspecify.annotations.NullMarked;
