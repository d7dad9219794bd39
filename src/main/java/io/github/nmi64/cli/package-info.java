/**
 * The command line: the only package that knows standard streams, the environment, time and exit codes. Start reading at
 * {@link io.github.nmi64.cli.Main}.
 */
@NullMarked
package io.github.nmi64.cli;

import org.jspecify.annotations.NullMarked;
