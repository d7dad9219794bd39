package io.github.nmi64.op;

import io.github.nmi64.isa.Encoding;

/** An operation that LOCK may precede when its destination is memory (SDM vol. 2, LOCK; TP-241). */
abstract class LockableOperation extends Operation {
    LockableOperation(String mnemonic, Encoding... encodings) {
        super(mnemonic, encodings);
    }

    @Override
    public final boolean lockable() {
        return true;
    }
}
