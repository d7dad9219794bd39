package io.github.nmi64.monitor;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.fixture.Assertion;
import io.github.nmi64.state.Register;
import java.util.OptionalLong;

/** What a fixture asserts itself, at every boundary where events may arrive or before one instruction. */
final class OwnAssertion extends Invariant {
    /** What a term is worth in a scene; empty if it reads memory that is not mapped. */
    private interface Value {
        OptionalLong in(Scene scene);
    }

    private final Assertion assertion;
    private final Value left;
    private final Value right;

    OwnAssertion(Assertion assertion) {
        super("assertion");
        this.assertion = assertion;
        this.left = value(assertion.left());
        this.right = value(assertion.right());
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
        OptionalLong one = left.in(scene);
        OptionalLong other = right.in(scene);
        if (one.isEmpty() || other.isEmpty()) {
            broken(scene, "memory", "'" + assertion.text() + "' reads memory that is not mapped");
        } else if (!assertion.comparison().holds(one.getAsLong(), other.getAsLong())) {
            broken(
                    scene,
                    "value",
                    "'" + assertion.text() + "' does not hold: " + Hex.of(one.getAsLong()) + " "
                            + assertion.comparison().symbol() + " " + Hex.of(other.getAsLong()));
        }
    }

    private static Value value(Assertion.Term term) {
        if (term instanceof Assertion.Quadword quadword) {
            Value base = value(quadword.base());
            return scene -> {
                OptionalLong address = base.in(scene);
                return address.isEmpty() ? address : scene.quadword(address.getAsLong() + quadword.offset());
            };
        }
        if (term instanceof Assertion.Masked masked) {
            Value whole = value(masked.term());
            Value mask = value(masked.mask());
            return scene -> {
                OptionalLong bits = whole.in(scene);
                OptionalLong selected = mask.in(scene);
                return bits.isEmpty() || selected.isEmpty()
                        ? OptionalLong.empty()
                        : OptionalLong.of(bits.getAsLong() & selected.getAsLong());
            };
        }
        if (term instanceof Assertion.OfRegister value) {
            Register register = value.register();
            return scene -> OptionalLong.of(register.in(scene.state()));
        }
        OptionalLong constant = OptionalLong.of(((Assertion.Constant) term).value());
        return scene -> constant;
    }
}
