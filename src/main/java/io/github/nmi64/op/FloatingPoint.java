package io.github.nmi64.op;

import io.github.nmi64.core.Core;
import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Unsupported;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Control;
import java.util.ArrayList;
import java.util.List;

/**
 * x87, MMX, SSE to SSE4.2, AES, SHA and GFNI, and the instructions that save their state. None is executed; their rows
 * are here so that the decoder knows where they end and which of them are undefined, and so that they raise #UD and #NM
 * as CR0.EM, CR0.MP, CR0.TS, CR4.OSFXSR and CR4.OSXSAVE ask: lazy switching of this state is an operating system's own
 * reason for #NM.
 *
 * <p>AVX has no rows: without CR4.OSXSAVE, which this processor does not offer, every VEX and EVEX vector instruction is
 * undefined (SDM vol. 2, 2.4).
 *
 * <p>No guest can set the bits of CR4 that SSE and XSAVE need (a fixture can, at reset). Their #UD tells what is missing, for
 * guests that do not handle it ({@link Fault#lacking}).
 */
final class FloatingPoint {
    private FloatingPoint() {}

    static List<Operation> operations() {
        return List.of(new X87(), new Fwait(), new Mmx(), new Sse(), new SaveState(), new ExtendedState());
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw Fault.undefinedOpcode();
        }
    }

    /** #UD for want of a bit that this processor does not let the guest set. */
    private static void requireEnabled(Core core, long bit, String facility) {
        if ((core.state.cr4 & bit) == 0) {
            throw Fault.undefinedOpcode().lacking(facility);
        }
    }

    private static void requireAvailable(Core core, long unavailable) {
        if ((core.state.cr0 & unavailable) != 0) {
            throw Fault.of(Vector.NM);
        }
    }

    /**
     * Rows for every combination of the given prefixes and opcode bytes.
     *
     * @param prefixes encoding words separated by blanks, for example {@code "NP 66"}
     * @param opcodes bytes or ranges such as {@code "58-5A"}, of the map that {@code map} names
     * @param rest the words after the opcode byte
     */
    private static List<Encoding> rows(String prefixes, String map, String opcodes, String rest, String operands) {
        List<Encoding> rows = new ArrayList<>();
        for (String prefix : prefixes.split(" ", -1)) {
            for (String range : opcodes.split(" ", -1)) {
                int last = Integer.parseInt(range.substring(range.length() - 2), 16);
                for (int opcode = Integer.parseInt(range.substring(0, 2), 16); opcode <= last; opcode++) {
                    rows.add(Encoding.of(
                            "%s %s %02X %s".formatted(prefix, map, opcode, rest).strip(), operands));
                }
            }
        }
        return rows;
    }

    /**
     * Rows from a table: {@code prefixes | map | opcodes | rest | operands} on each line, the last column optional. Words
     * after the opcode that belong before it (reg, mem) may stand there: their order means nothing.
     */
    private static Encoding[] table(String lines) {
        List<Encoding> rows = new ArrayList<>();
        for (String line : lines.strip().split("\n", -1)) {
            String[] cells = line.split("\\|", -1);
            String operands = cells.length > 4 ? cells[4].strip() : "";
            rows.addAll(rows(cells[0].strip(), cells[1].strip(), cells[2].strip(), cells[3].strip(), operands));
        }
        return rows.toArray(new Encoding[0]);
    }

    /** The escape opcodes D8 to DF without the encodings the manual leaves undefined (SDM vol. 2, A.5). */
    static final class X87 extends Operation {
        X87() {
            super("x87", rows());
        }

        private static Encoding[] rows() {
            List<Encoding> rows = new ArrayList<>();
            add(rows, "D8", "01234567", "01234567", "");
            add(rows, "D9", "0234567", "01367", "D0 E0 E1 E4 E5 E8 E9 EA EB EC ED EE");
            add(rows, "DA", "01234567", "0123", "E9");
            add(rows, "DB", "012357", "012356", "E0 E1 E2 E3 E4");
            add(rows, "DC", "01234567", "01234567", "");
            add(rows, "DD", "0123467", "012345", "");
            add(rows, "DE", "01234567", "0124567", "D9");
            add(rows, "DF", "01234567", "012356", "E0");
            return rows.toArray(new Encoding[0]);
        }

        /** Digits with a memory operand, digits with any register, and single ModRM bytes. */
        private static void add(List<Encoding> rows, String opcode, String memory, String registers, String single) {
            memory.chars().forEach(digit -> rows.add(row("mem " + opcode + " /" + (char) digit)));
            registers.chars().forEach(digit -> rows.add(row("reg " + opcode + " /" + (char) digit)));
            if (!single.isEmpty()) {
                for (String modrm : single.split(" ", -1)) {
                    rows.add(row(opcode + " " + modrm));
                }
            }
        }

        /** #NM if CR0.EM or CR0.TS is set (SDM vol. 3, 2.5, table 2-2). */
        @Override
        public void execute(Core core, Instruction instruction) {
            requireAvailable(core, Control.CR0_EM | Control.CR0_TS);
            throw new Unsupported("x87 floating point");
        }
    }

    /** FWAIT: there is never a pending x87 exception, so it only looks at CR0. */
    static final class Fwait extends Operation {
        Fwait() {
            super("fwait", row("9B"));
        }

        /** #NM only if both CR0.MP and CR0.TS are set (SDM vol. 3, 2.5, table 2-2). */
        @Override
        public void execute(Core core, Instruction instruction) {
            long both = Control.CR0_MP | Control.CR0_TS;
            if ((core.state.cr0 & both) == both) {
                throw Fault.of(Vector.NM);
            }
        }
    }

    /** MMX, and the SSE to SSSE3 instructions that only touch MMX registers. */
    static final class Mmx extends Operation {
        Mmx() {
            super("mmx", table("""
                NP          | 0F    | 60-6B 6E 6F 74-76 7E 7F           | /r
                NP          | 0F    | 70                                | /r     | Ib
                NP          | 0F    | 71 72                             | reg /2 | Ib
                NP          | 0F    | 71 72                             | reg /4 | Ib
                NP          | 0F    | 71-73                             | reg /6 | Ib
                NP          | 0F    | 73                                | reg /2 | Ib
                NP          | 0F    | 77                                |
                NP          | 0F    | C4                                | /r     | Ib
                NP          | 0F    | C5                                | reg /r | Ib
                NP          | 0F    | D7 F7                             | reg /r
                NP          | 0F    | E7                                | mem /r
                NP          | 0F    | D1-D5 D8-E5 E8-EF F1-F6 F8-FE     | /r
                NP          | 0F 38 | 00-0B 1C-1E                       | /r
                NP          | 0F 3A | 0F                                | /r     | Ib
                """));
        }

        /** #UD if CR0.EM is set, else #NM if CR0.TS is (SDM vol. 3, 2.5 and table 12-1). */
        @Override
        public void execute(Core core, Instruction instruction) {
            require((core.state.cr0 & Control.CR0_EM) == 0);
            requireAvailable(core, Control.CR0_TS);
            throw new Unsupported("MMX");
        }
    }

    /** SSE to SSE4.2, AES, PCLMULQDQ, SHA and GFNI on XMM registers, LDMXCSR and STMXCSR. */
    static final class Sse extends Operation {
        Sse() {
            super("sse", table("""
                NP 66 F3 F2 | 0F    | 10 11 51 58-5A 5C-5F              | /r
                NP          | 0F    | 12 16                             | /r
                66          | 0F    | 12 16                             | mem /r
                F3 F2       | 0F    | 12                                | /r
                F3          | 0F    | 16                                | /r
                NP 66       | 0F    | 13 17 2B                          | mem /r
                NP 66       | 0F    | 14 15 28 29 2E 2F 54-57           | /r
                NP 66 F3 F2 | 0F    | 2A 2C 2D                          | /r
                NP 66       | 0F    | 50                                | reg /r
                NP F3       | 0F    | 52 53                             | /r
                NP 66 F3    | 0F    | 5B                                | /r
                66          | 0F    | 60-6F 74-76                       | /r
                F3          | 0F    | 6F 7E 7F                          | /r
                66 F3 F2    | 0F    | 70                                | /r     | Ib
                66          | 0F    | 71 72                             | reg /2 | Ib
                66          | 0F    | 71 72                             | reg /4 | Ib
                66          | 0F    | 71-73                             | reg /6 | Ib
                66          | 0F    | 73                                | reg /2 | Ib
                66          | 0F    | 73                                | reg /3 | Ib
                66          | 0F    | 73                                | reg /7 | Ib
                66 F2       | 0F    | 7C 7D D0                          | /r
                66          | 0F    | 7E 7F                             | /r
                NP          | 0F    | AE                                | mem /2
                NP          | 0F    | AE                                | mem /3
                NP 66 F3 F2 | 0F    | C2                                | /r     | Ib
                66          | 0F    | C4                                | /r     | Ib
                66          | 0F    | C5                                | reg /r | Ib
                NP 66       | 0F    | C6                                | /r     | Ib
                66          | 0F    | D1-D6 D8-E6 E8-EF F1-F6 F8-FE     | /r
                F3 F2       | 0F    | D6                                | reg /r
                F3 F2       | 0F    | E6                                | /r
                66          | 0F    | D7 F7                             | reg /r
                66          | 0F    | E7                                | mem /r
                F2          | 0F    | F0                                | mem /r
                66          | 0F 38 | 00-0B 10 14 15 17 1C-1E 20-25     | /r
                66          | 0F 38 | 28 29 2B 30-35 37-41 CF DB-DF     | /r
                66          | 0F 38 | 2A                                | mem /r
                NP          | 0F 38 | C8-CD                             | /r
                66          | 0F 3A | 08-0F 14-17 20-22 40-42 44 60-63  | /r     | Ib
                66          | 0F 3A | CE CF DF                          | /r     | Ib
                NP          | 0F 3A | CC                                | /r     | Ib
                """));
        }

        /**
         * #UD if CR0.EM is set or CR4.OSFXSR clear, else #NM if CR0.TS is set (SDM vol. 3, 2.5 and table 13-1; vol. 2, 2.4,
         * exception types 1 to 5, legacy SSE columns).
         */
        @Override
        public void execute(Core core, Instruction instruction) {
            requireEnabled(core, Control.CR4_OSFXSR, "SSE (CR4.OSFXSR is clear and cannot be set)");
            require((core.state.cr0 & Control.CR0_EM) == 0);
            requireAvailable(core, Control.CR0_TS);
            throw new Unsupported("SSE");
        }
    }

    /** FXSAVE and FXRSTOR: not gated by CR4.OSFXSR. */
    static final class SaveState extends Operation {
        SaveState() {
            super("fxsave", row("NP 0F AE /0", "M").att("fxsave|fxsave|fxsave64"), fxrstor());
        }

        private static Encoding fxrstor() {
            return row("NP 0F AE /1", "M").att("fxrstor|fxrstor|fxrstor64");
        }

        /** #NM if CR0.EM or CR0.TS is set (SDM vol. 2, FXSAVE). */
        @Override
        public void execute(Core core, Instruction instruction) {
            requireAvailable(core, Control.CR0_EM | Control.CR0_TS);
            throw new Unsupported("FXSAVE and FXRSTOR");
        }
    }

    /** XSAVE and its relatives. */
    static final class ExtendedState extends Operation {
        ExtendedState() {
            super("xsave", table("""
                NP          | 0F    | AE                                | mem /4
                NP          | 0F    | AE                                | mem /5
                NP          | 0F    | AE                                | mem /6
                NP          | 0F    | C7                                | mem /3
                NP          | 0F    | C7                                | mem /4
                NP          | 0F    | C7                                | mem /5
                """));
        }

        /** #UD if CR4.OSXSAVE is clear, else #NM if CR0.TS is set (SDM vol. 2, XSAVE). */
        @Override
        public void execute(Core core, Instruction instruction) {
            requireEnabled(core, Control.CR4_OSXSAVE, "XSAVE (CR4.OSXSAVE is clear and cannot be set)");
            requireAvailable(core, Control.CR0_TS);
            throw new Unsupported("XSAVE");
        }
    }
}
