package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Assertion;
import java.util.OptionalLong;

/** What a fixture asserts itself, at every boundary where events may arrive or before one instruction. */
final class OwnAssertion extends Invariant {
    private final Assertion assertion;

    OwnAssertion(Assertion assertion) {
        super("assertion");
        this.assertion = assertion;
    }

    @Override
    boolean watchesBoundaries() {
        return true;
    }

    @Override
    void boundary(Scene scene) {
        boolean here = assertion.at().isPresent() ? assertion.at().get() == scene.state().rip : scene.nesting().open;
        if (!here) {
            return;
        }
        OptionalLong left = value(scene, assertion.left());
        OptionalLong right = value(scene, assertion.right());
        if (left.isEmpty() || right.isEmpty()) {
            broken(scene, "memory", "'" + assertion.text() + "' reads memory that is not mapped");
        } else if (!assertion.comparison().holds(left.getAsLong(), right.getAsLong())) {
            broken(
                    scene,
                    "value",
                    "'" + assertion.text() + "' does not hold: " + Hex.of(left.getAsLong()) + " "
                            + assertion.comparison().symbol() + " " + Hex.of(right.getAsLong()));
        }
    }

    private static OptionalLong value(Scene scene, Assertion.Term term) {
        if (term instanceof Assertion.Quadword quadword) {
            OptionalLong base = value(scene, quadword.base());
            return base.isEmpty() ? base : scene.quadword(base.getAsLong() + quadword.offset());
        }
        return OptionalLong.of(
                term instanceof Assertion.Register register
                        ? Registers.read(scene.state(), register.name())
                        : ((Assertion.Constant) term).value());
    }
}
