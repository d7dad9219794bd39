package io.github.nmi64.op;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Where this project and GNU objdump 2.40 may disagree, each with its reason. Everything else is an error. objdump shows
 * what an assembler may have meant; the decoder does what a processor does.
 */
final class ObjdumpDifferences {
    /**
     * One encoding seen by both.
     *
     * @param bytes the encoding without filler, in hexadecimal
     * @param mnemonic ours, or empty if we raise #UD
     */
    record Comparison(String bytes, String mnemonic, String text, int length, Objdump.Line objdump) {
        boolean undefined() {
            return mnemonic.isEmpty();
        }

        boolean agrees() {
            return undefined() ? objdump.isBad() : sameLength() && text.equals(objdump.text());
        }

        boolean sameLength() {
            return length == objdump.length() && !objdump.isBad();
        }

        /** True for a valid instruction here that objdump calls bad. */
        boolean onlyHere() {
            return !undefined() && objdump.isBad();
        }

        boolean opcode(String hex) {
            return bytes.matches("((66|67|f0|f2|f3|64|2e|4[0-9a-f]) )*" + hex + ".*");
        }

        @Override
        public String toString() {
            return "%s: ours '%s' (%d bytes), objdump '%s' (%d bytes)"
                    .formatted(bytes, undefined() ? "#UD" : text, length, objdump.text(), objdump.length());
        }
    }

    /** A documented disagreement. */
    record Difference(String reason, Predicate<Comparison> applies) {}

    private static final String PREFIX =
            "(?:(?:rep|repz|repnz|lock|data16|data32|addr16|addr32|[c-g]s|ss|rex(?:\\.[WRXB]+)?|bnd|xacquire|xrelease) )*";

    /** Instructions of extensions this processor does not announce, which are therefore undefined. */
    private static final String ABSENT = PREFIX
            + "(v[a-z].*" // AVX, VMX; SVM's vmrun and relatives
            + "|k(and|or|xnor|xor|not|mov|add|test|ortest|shift|unpck).*" // AVX-512 masks
            + "|inv(ept|vpid|lpga|lpgb)|[sc]tgi|clgi|skinit|tlbsync" // VMX, SVM
            + "|rmp.*|pvalidate|psmash|clzero|rdpru|mcommit|monitorx|mwaitx|femms" // AMD
            + "|extrq|insertq|movnts[sd]|llwpcb|slwpcb|prefetch" // SSE4a, LWP, 3DNow!
            + "|encl[suv]|getsec|rsm|pconfig|tdcall|seam.*" // SGX, SMX, SMM, TDX
            + "|xbegin|xabort|xend|xtest|x(sus|res)ldtrk" // TSX
            + "|incssp[dq]|rstorssp|saveprevssp|wru?ss[dq]|(set|clr)ssbsy" // CET
            + "|aes(enc|dec)(wide)?(128|256)kl|loadiwkey|encodekey(128|256)" // Key Locker
            + "|enqcmds?|movdiri|movdir64b|a(add|and|or|xor)" // direct stores, RAO-INT
            + "|senduipi|uiret|testui|stui|clui" // user interrupts
            + "|umonitor|umwait|tpause|serialize|ptwrite[lq]?|wbnoinvd|wrmsrns|(rd|wr)msrlist"
            + "|rdpkru|wrpkru|monitor|mwait|xgetbv|xsetbv|invpcid|rdrand|rdseed|rdpid"
            + "|(ld|st)tilecfg|tile.*|tdp.*|cmp[a-z]+xadd|\\{vex\\} v.*" // AMX, CMPccXADD, AVX-VNNI and its like
            + "|pf[a-z0-9]+|pi2f[dw]|pmulhrw|pavgusb|pswapd" // 3DNow!
            + "|hreset|frstpm.*)( .*)?";

    private static final List<Difference> ALL = List.of(
            new Difference(
                    "x87, MMX, SSE and XSAVE instructions appear under the name of their class",
                    c -> c.mnemonic().matches("x87|mmx|sse|xsave") && c.sameLength()),
            new Difference("objdump takes FWAIT for a prefix and cuts after REX", c -> c.mnemonic()
                    .equals("fwait")),
            new Difference(
                    "a REX prefix with another prefix after it is ignored (SDM vol. 2, 2.2.1); objdump cuts after it",
                    c -> c.objdump().text().matches(PREFIX + "rex(\\.[WRXB]+)?")),
            new Difference(
                    "LOCK is undefined except before the instructions SDM vol. 2, LOCK lists",
                    c -> c.undefined() && c.objdump().text().contains("lock ")),
            new Difference(
                    "names of HLE, MPX and CET hints, which are plain prefixes to a processor without them",
                    c -> !c.text().isEmpty()
                            && c.sameLength()
                            && collapse(c.text()).equals(withoutHints(c))),
            new Difference(
                    "of several segment prefixes objdump shows the one it takes for a branch hint",
                    c -> c.sameLength()
                            && c.objdump().text().matches(".*,p[nt] .*")
                            && withoutSegments(c.text())
                                    .equals(withoutSegments(c.objdump().text()))),
            new Difference(
                    "with 67 an address relative to EIP has 32 bits (SDM vol. 2, 2.2.1.6 and vol. 1, 3.3.7.1)",
                    c -> c.sameLength()
                            && c.text().contains("(%eip)")
                            && c.text().equals(c.objdump().text().replaceFirst("# (0x)?ffffffff0*", "# $1"))),
            new Difference(
                    "MPX instructions are no-operations",
                    c -> c.mnemonic().equals("nop") && (c.opcode("0f 1a") || c.opcode("0f 1b"))),
            new Difference(
                    "AMD's prefetches at 0F 0D are no-operations, also with a register",
                    c -> c.mnemonic().equals("nop") && c.opcode("0f 0d")),
            new Difference(
                    "objdump takes a mandatory prefix as used where its own table looks at it",
                    c -> c.sameLength()
                            && (c.opcode("0f (18|1[b-f]|b[cd]|b8|c7|38 f[016]|ae)"))
                            && withoutPrefixes(c.text())
                                    .equals(withoutPrefixes(c.objdump().text()))),
            new Difference(
                    "MOVSXD with 66 and REX.W reads 32 bits",
                    c -> c.sameLength() && c.text().contains("movslq") && c.opcode("63")),
            new Difference(
                    "90 with 66 and REX.W is NOP, as with either alone",
                    c -> c.sameLength() && c.mnemonic().equals("nop") && c.opcode("90")),
            new Difference(
                    "a short branch with a 16-bit operand size clears the upper half of EIP",
                    c -> c.sameLength() && c.text().startsWith("data16 ") && c.opcode("(7|e[0-3b])")),
            new Difference(
                    "66 does not narrow the 32-bit registers of RDFSBASE and its kin",
                    c -> c.sameLength()
                            && c.mnemonic().matches("(rd|wr)[fg]sbase")
                            && c.bytes().contains("66")),
            new Difference(
                    "segment registers 6 and 7 do not exist",
                    c -> c.undefined() && c.objdump().text().contains("%?")),
            new Difference(
                    "WBINVD does not look at prefixes; WBNOINVD is decoded as WBINVD where it does not exist",
                    c -> c.mnemonic().equals("wbinvd")),
            new Difference(
                    "SALC is no undefined opcode outside 64-bit mode (SDM vol. 3, 6.15, interrupt 6)",
                    c -> c.mnemonic().equals("salc")),
            new Difference("F2 before BSF and BSR is ignored", c -> c.onlyHere() && c.opcode("0f b[cd]")),
            new Difference("SWAPGS is undefined outside 64-bit mode", c -> c.undefined() && c.opcode("0f 01 f8")),
            new Difference(
                    "the test registers ended with the 80486",
                    c -> c.undefined() && c.objdump().text().contains("%tr")),
            new Difference(
                    "66, F2 or F3 before CLAC and STAC is undefined (NP)",
                    c -> c.undefined() && c.opcode("0f 01 c[ab]")),
            new Difference(
                    "LOCK MOV CR0 as another name of CR8 is AMD's",
                    c -> c.undefined() && c.bytes().matches("f0 .*") && c.opcode("0f 2[02]")),
            new Difference(
                    "fences ignore ModRM.rm", c -> c.onlyHere() && c.mnemonic().endsWith("fence")),
            new Difference(
                    "the second encodings of FCOM, FCOMP, FXCH and FSTP exist",
                    c -> c.onlyHere() && c.mnemonic().equals("x87")),
            new Difference(
                    "F2 or F3 before an MMX instruction, and 66, F2 or F3 before FXSAVE and XRSTORS, are undefined (NP)",
                    c -> c.undefined()
                            && c.opcode("0f (d7|ae|c7)")
                            && !c.objdump().text().matches(ABSENT)),
            new Difference(
                    "66, F2, F3 or REX before VEX is undefined (SDM vol. 2, 2.3)",
                    c -> c.undefined() && c.bytes().matches("(66|f2|f3|4[0-9a-f]) c[45] .*")),
            new Difference(
                    "instructions of extensions this processor does not have are undefined",
                    c -> c.undefined() && c.objdump().text().matches(ABSENT)));

    private ObjdumpDifferences() {}

    /** The reason why a comparison may come out unequal, if there is one. */
    static Optional<Difference> find(Comparison comparison) {
        return ALL.stream()
                .filter(difference -> difference.applies().test(comparison))
                .findFirst();
    }

    /** All documented disagreements. */
    static List<Difference> all() {
        return ALL;
    }

    private static String withoutHints(Comparison comparison) {
        String text = collapse(comparison.objdump().text());
        String plain =
                text.replace("bnd ", "repnz ").replace("xacquire ", "repnz ").replace("xrelease ", "repz ");
        plain = plain.replace("notrack ", "ds ");
        if (plain.contains(",pt ")) {
            return "ds " + plain.replace(",pt ", " ");
        }
        return plain.contains(",pn ") ? "cs " + plain.replace(",pn ", " ") : plain;
    }

    private static String withoutPrefixes(String text) {
        return collapse(text).replaceAll("\\b(repz|repnz|data16) ", "");
    }

    private static String withoutSegments(String text) {
        return collapse(text).replaceAll("\\b([c-g]s|ss) |,p[nt]\\b", "");
    }

    private static String collapse(String text) {
        return text.replaceAll(" +", " ");
    }
}
