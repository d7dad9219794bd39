package io.github.nmi64.report;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.CodeRange;
import io.github.nmi64.image.SymbolTable;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.op.InstructionSet;
import io.github.nmi64.schedule.When;
import java.util.Optional;
import java.util.OptionalLong;

/** Why an injection bound to an address cannot have fired, if the image alone tells. */
public final class UnfiredReason {
    private UnfiredReason() {}

    /**
     * A text to put behind the injection, with its leading blank; empty if there is nothing to say.
     *
     * @param reachedWindow whether the window was reached in which events may arrive, if there is one
     */
    public static String of(Fixture fixture, When when, boolean reachedWindow) {
        if (!reachedWindow && countsFromWindow(when)) {
            return " (it counts from the window, which was never reached; ',from=reset' counts from reset)";
        }
        return of(fixture, when);
    }

    private static boolean countsFromWindow(When when) {
        return when instanceof When.AtCycle cycle && cycle.origin() == When.Origin.WINDOW
                || when instanceof When.AtStep step && step.origin() == When.Origin.WINDOW
                || when instanceof When.Every every && every.origin() == When.Origin.WINDOW
                || when instanceof When.Seeded seeded && seeded.origin() == When.Origin.WINDOW;
    }

    /** What the image alone tells. */
    static String of(Fixture fixture, When when) {
        SymbolTable symbols = fixture.image().symbols();
        OptionalLong address = address(symbols, when);
        if (address.isEmpty()) {
            return "";
        }
        Optional<SymbolTable.Place> place = symbols.nearest(address.getAsLong());
        if (place.isEmpty() || place.get().offset() == 0) {
            return "";
        }
        long start = address.getAsLong() - place.get().offset();
        return fixture.image().codeRanges().stream()
                .filter(range ->
                        start >= range.address() && address.getAsLong() < range.address() + range.code().length)
                .findFirst()
                .flatMap(range -> enclosing(range, start, address.getAsLong()))
                .map(offset -> " (" + place.get().text() + " lies inside the instruction at "
                        + new SymbolTable.Place(place.get().symbol(), offset).text() + ")")
                .orElse("");
    }

    private static OptionalLong address(SymbolTable symbols, When when) {
        if (when instanceof When.AtSymbol at) {
            return OptionalLong.of(symbols.resolve(at.symbol()) + at.offset());
        }
        return when instanceof When.AtAddress at ? OptionalLong.of(at.address()) : OptionalLong.empty();
    }

    /** Offset from {@code start} of the instruction that has {@code address} inside it, decoding from {@code start}. */
    private static Optional<Long> enclosing(CodeRange range, long start, long address) {
        byte[] code = range.code();
        long at = start;
        while (at < address) {
            int length;
            try {
                int index = (int) (at - range.address());
                length = Decoder.decode(InstructionSet.map(), code, index, code.length, CodeMode.LONG64).length;
            } catch (Fault | Decoder.Truncated data) {
                return Optional.empty();
            }
            if (at + length > address) {
                return Optional.of(at - start);
            }
            at += length;
        }
        return Optional.empty();
    }
}
