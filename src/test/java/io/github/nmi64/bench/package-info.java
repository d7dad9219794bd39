/**
 * Benchmarks, run by hand: {@code mvn -q -Pbench test-compile exec:exec -Djmh.args="StepsPerSecond -f 1"}. The guest code
 * lies beside the test resources of this package as source and flat binary.
 */
package io.github.nmi64.bench;
