package io.github.nmi64.explore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PathTreeTest {
    private final PathTree tree = new PathTree();

    @Test
    void a_path_is_its_parent_its_offset_and_its_event() {
        PathTree.Writer writer = tree.new Writer();
        int first = writer.add(PathTree.NONE, 0, 0);
        int child = writer.add(first, 12_345, 15);

        assertThat(tree.parent(first)).isEqualTo(PathTree.NONE);
        assertThat(tree.parent(child)).isEqualTo(first);
        assertThat(tree.offset(child)).isEqualTo(12_345);
        assertThat(tree.kind(child)).isEqualTo(15);
        assertThat(tree.firstChild(child)).isEqualTo(PathTree.NONE);
        assertThat(tree.next(child)).isEqualTo(PathTree.NONE);
        assertThat(tree.end(child)).isEqualTo(PathTree.NONE);
    }

    @Test
    void children_are_a_list_and_ends_are_kept() {
        PathTree.Writer writer = tree.new Writer();
        int first = writer.add(PathTree.NONE, 0, 0);
        int one = writer.add(first, 1, 0);
        int two = writer.add(first, 2, 0);
        tree.firstChild(first, one);
        tree.next(one, two);
        tree.end(one, PathTree.ENDED);
        tree.end(two, one);

        assertThat(tree.firstChild(first)).isEqualTo(one);
        assertThat(tree.next(one)).isEqualTo(two);
        assertThat(tree.next(two)).isEqualTo(PathTree.NONE);
        assertThat(tree.end(one)).isEqualTo(PathTree.ENDED);
        assertThat(tree.end(two)).isEqualTo(one);
    }

    @Test
    void two_writers_never_give_the_same_number() {
        PathTree.Writer one = tree.new Writer();
        PathTree.Writer other = tree.new Writer();
        Set<Integer> numbers = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            numbers.add(one.add(PathTree.NONE, i, 0));
            numbers.add(other.add(PathTree.NONE, -i, 1));
        }

        assertThat(numbers).hasSize(20_000).allMatch(path -> path >= 0 && path < tree.bound());
        assertThat(tree.bytes()).isGreaterThanOrEqualTo(20_000L * 21);
    }

    @Test
    void a_chain_has_the_events_from_the_first_to_the_last() {
        PathTree.Writer writer = tree.new Writer();
        int first = writer.add(PathTree.NONE, 0, 0);
        int second = writer.add(first, 7, 1);
        int third = writer.add(second, 0, 2);

        assertThat(EventPath.of(tree, first).links()).isEmpty();
        assertThat(EventPath.of(tree, third).links())
                .containsExactly(new EventPath.Link(7, 1), new EventPath.Link(0, 2));
    }
}
