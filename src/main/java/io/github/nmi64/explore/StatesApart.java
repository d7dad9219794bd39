package io.github.nmi64.explore;

import java.util.List;

/**
 * Which quadwords of memory keep states of a search apart: of a sample of its states, pairs were compared that agree in
 * everything but memory.
 *
 * @param states states in the sample
 * @param pairs pairs of them that were compared
 * @param quadwords those that differ, the ones that are often the only difference first
 */
public record StatesApart(long states, int pairs, List<Quadword> quadwords) {
    public StatesApart {
        quadwords = List.copyOf(quadwords);
    }

    /**
     * A quadword that differs.
     *
     * @param name where it is, in words
     * @param pairs in how many pairs it differs
     * @param alone in how many of them nothing else does
     * @param region START and END of a directive that declares it; empty if it is on a stack or has no address
     */
    public record Quadword(String name, int pairs, int alone, String region) {}
}
