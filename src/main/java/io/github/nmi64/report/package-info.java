/**
 * Results in words and in JSON: of a run, of a check, of the shards of one and of the whole catalogue. It knows no stream, no
 * exit code and no option: it is given what was found and returns text. Start reading at {@link
 * io.github.nmi64.report.CheckReport}.
 */
@NullMarked
package io.github.nmi64.report;

import org.jspecify.annotations.NullMarked;
