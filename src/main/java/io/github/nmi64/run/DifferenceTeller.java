package io.github.nmi64.run;

/** Names what two machines differ in. */
public interface DifferenceTeller {
    /** What a person calls a linear address: a symbol, a slot, a place on a stack. */
    String name(long linear);
}
