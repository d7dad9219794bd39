package io.github.nmi64.explore;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The events that lead to the begin of a path, each with the steps from the one before (or from reset). */
record EventPath(List<Link> links) {

    /**
     * @param steps steps before the event is asserted
     * @param kind index of the kind of event
     */
    record Link(int steps, int kind) {}

    static EventPath of(PathTree tree, int path) {
        List<Link> links = new ArrayList<>();
        for (int at = path; tree.parent(at) != PathTree.NONE; at = tree.parent(at)) {
            links.add(new Link(tree.offset(at), tree.kind(at)));
        }
        Collections.reverse(links);
        return new EventPath(links);
    }

    /** Takes a walker from reset to the begin of the path. */
    void follow(Walker walker) {
        for (Link link : links) {
            walker.advance(link.steps());
            walker.choice(link.kind()).raise();
        }
    }
}
