package io.github.nmi64.oracle;

import io.github.nmi64.state.Rflags;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Status flags the manual leaves undefined, for some operands at least (SDM vol. 2, the instruction's page). */
public final class UndefinedFlags {
    private static final Map<String, Long> BY_MNEMONIC = byMnemonic();

    private UndefinedFlags() {}

    /** Those of an instruction, by its mnemonic in the manual; 0 if it defines all it writes. */
    public static long of(String mnemonic) {
        return BY_MNEMONIC.getOrDefault(mnemonic, 0L);
    }

    private static Map<String, Long> byMnemonic() {
        Map<String, Long> flags = new HashMap<>();
        List.of("and", "or", "xor", "test").forEach(name -> flags.put(name, Rflags.AF));
        List.of("shl", "shr", "sar").forEach(name -> flags.put(name, Rflags.AF | Rflags.OF | Rflags.CF));
        List.of("rol", "ror", "rcl", "rcr").forEach(name -> flags.put(name, Rflags.OF));
        List.of("mul", "imul").forEach(name -> flags.put(name, Rflags.SF | Rflags.ZF | Rflags.AF | Rflags.PF));
        List.of("div", "idiv").forEach(name -> flags.put(name, Rflags.STATUS));
        List.of("bt", "bts", "btr", "btc", "tzcnt", "lzcnt")
                .forEach(name -> flags.put(name, Rflags.OF | Rflags.SF | Rflags.AF | Rflags.PF));
        List.of("andn", "blsi", "blsr", "blsmsk", "bzhi").forEach(name -> flags.put(name, Rflags.AF | Rflags.PF));
        flags.put("bextr", Rflags.SF | Rflags.AF | Rflags.PF);
        return flags;
    }
}
