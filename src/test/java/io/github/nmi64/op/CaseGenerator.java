package io.github.nmi64.op;

import io.github.nmi64.isa.Encoding;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.oracle.CpuCase;
import io.github.nmi64.state.Rflags;
import java.io.ByteArrayOutputStream;
import java.util.SplittableRandom;

/**
 * Makes random {@link CpuCase}s out of rows of the opcode map: the row's bytes with random prefixes, operands and
 * registers, biased towards boundary values and towards addresses in the memory map of the CPU oracle.
 */
final class CaseGenerator {
    private static final int[] FLAG_BITS = {0, 2, 4, 6, 7, 10, 11, 14, 21};

    private final SplittableRandom random;

    private CpuCase made = new CpuCase();
    private ByteArrayOutputStream code = new ByteArrayOutputStream();
    private long target;
    private boolean addressPrefix;
    private long segmentBase;
    private int rex;

    CaseGenerator(long seed) {
        random = new SplittableRandom(seed);
    }

    /** One case of a row in 64-bit mode. */
    CpuCase next(Encoding row) {
        made = new CpuCase();
        code = new ByteArrayOutputStream();
        chooseMemory();
        chooseRegisters();
        RowText text = RowText.of(row);
        prefixes(text);
        opcode(text);
        if (text.usesModrm()) {
            modrm(text);
        }
        immediates();
        made.code = code.toByteArray();
        made.codeOffset = random.nextInt(1024);
        return made;
    }

    private boolean oneIn(int chances) {
        return random.nextInt(chances) == 0;
    }

    private void chooseMemory() {
        made.window = new byte[random.nextInt(CpuCase.MAX_WINDOW + 1)];
        made.windowAddress = CpuCase.DATA + random.nextInt(2 * 4096 - CpuCase.MAX_WINDOW);
        if (!oneIn(4)) {
            random.nextBytes(made.window);
        }
        target = switch (random.nextInt(16)) {
            case 0 -> CpuCase.DATA + 8192 - random.nextInt(20);
            case 1 -> CpuCase.DATA + 4096 - random.nextInt(20);
            case 2 -> CpuCase.READ_ONLY + random.nextInt(4096);
            case 3 -> oneIn(2) ? 0x3000_0000L : random.nextLong();
            default -> made.windowAddress + random.nextInt(Math.max(1, made.window.length)) & (oneIn(3) ? -16 : -1);
        };
        made.fsBase = oneIn(8) ? CpuCase.DATA + random.nextInt(64) : CpuCase.FS;
    }

    private void chooseRegisters() {
        for (int i = 0; i < Gpr.COUNT; i++) {
            made.gpr[i] = i > 0 && oneIn(6) ? made.gpr[random.nextInt(i)] : value();
        }
        if (oneIn(3)) {
            made.gpr[Gpr.RDX] = made.gpr[Gpr.RAX] >> 63 & random.nextInt(-1, 1); // a dividend that may fit
        }
        made.rflags = 2;
        for (int bit : FLAG_BITS) {
            made.rflags |= (long) random.nextInt(2) << bit;
        }
        made.rflags |= oneIn(16) ? Rflags.AC : 0;
        if (oneIn(4)) {
            placeExpectedValue();
        }
    }

    /** Makes a comparison of memory with RDX:RAX or part of it succeed. */
    private void placeExpectedValue() {
        long rax = made.gpr[Gpr.RAX];
        long rdx = made.gpr[Gpr.RDX];
        long halves = rdx << 32 | rax & 0xffff_ffffL; // EDX:EAX, for the 8-byte form
        long[] expected = {oneIn(2) ? rax : halves, rdx};
        long at = target - made.windowAddress;
        for (int i = 0; i < 16; i++) {
            if (at + i >= 0 && at + i < made.window.length) {
                made.window[(int) at + i] = (byte) (expected[i >>> 3] >>> 8 * (i & 7));
            }
        }
    }

    /** A number that is often small, or next to a power of two. */
    private long value() {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextLong(-3, 4);
            case 1 -> (1L << random.nextInt(64)) + random.nextLong(-1, 2);
            case 2 -> -(1L << random.nextInt(64)) + random.nextLong(-1, 2);
            case 3 -> random.nextInt(-2048, 2048);
            case 4 -> random.nextLong() >>> random.nextInt(64);
            default -> random.nextLong();
        };
    }

    private void prefixes(RowText row) {
        int start = code.size();
        if (oneIn(6)) {
            prefix(0x66, row.allowsPrefixes());
        }
        addressPrefix = oneIn(8);
        prefix(0x67, addressPrefix);
        segmentBase = 0;
        if (oneIn(8)) {
            boolean fs = oneIn(2);
            prefix(fs ? 0x64 : 0x65, true);
            segmentBase = fs ? made.fsBase : made.gsBase;
        }
        prefix(new int[] {0x26, 0x2e, 0x36, 0x3e}[random.nextInt(4)], oneIn(16));
        prefix(0xf0, oneIn(10));
        prefix(oneIn(2) ? 0xf2 : 0xf3, row.allowsPrefixes() && oneIn(12));
        if (row.mandatory() != 0 && !row.vex()) {
            code.write(row.mandatory());
        }
        rex = row.vex() ? random.nextInt(16) : oneIn(2) || row.wide() ? 0x40 | random.nextInt(16) : 0;
        rex = row.wide() ? rex | 8 : row.narrow() ? rex & ~8 : rex;
        if (row.vex() && code.size() > start && !oneIn(4)) {
            code.reset(); // most prefixes before VEX are undefined
            addressPrefix = false;
            segmentBase = 0;
        }
    }

    private void prefix(int value, boolean wanted) {
        if (wanted) {
            code.write(value);
        }
    }

    private void opcode(RowText row) {
        if (row.vex()) {
            code.write(0xc4);
            code.write((~rex & 7) << 5 | row.map());
            int pp = row.mandatory() == 0x66 ? 1 : row.mandatory() == 0xf3 ? 2 : row.mandatory() == 0xf2 ? 3 : 0;
            int register = row.usesVexRegister() || oneIn(16) ? random.nextInt(16) : 15;
            code.write((rex & 8) << 4 | register << 3 | (oneIn(32) ? 4 : 0) | pp);
        } else {
            prefix(rex, rex != 0);
            for (int leading : row.escapes()) {
                code.write(leading);
            }
        }
        code.write(row.opcode() + (row.inRegister() ? random.nextInt(8) : 0));
    }

    private void modrm(RowText row) {
        int reg = row.digit() >= 0 ? row.digit() : random.nextInt(8);
        boolean register = oneIn(3) && !row.memoryOnly() || oneIn(40);
        int mod = register ? 3 : random.nextInt(3);
        int rm = random.nextInt(8);
        code.write(mod << 6 | reg << 3 | rm);
        if (!register) {
            memory(mod, rm);
        }
    }

    /** Completes the addressing form and sets its registers so that it leads to the target. */
    private void memory(int mod, int rm) {
        int base = rm;
        int index = 4;
        int scale = 0;
        if (rm == 4) {
            scale = random.nextInt(4);
            index = random.nextInt(8);
            base = random.nextInt(8);
            code.write(scale << 6 | index << 3 | base);
        }
        long displacement = mod == 1 ? random.nextInt(-128, 128) : mod == 2 ? random.nextInt(-600, 600) : 0;
        if (mod == 0 && (base & 7) == 5) {
            boolean relative = rm == 5;
            displacement = target - segmentBase - (relative ? CpuCase.CODE + 600 : 0);
            index(rm == 4, index, scale);
            word(displacement, 4);
            return;
        }
        long offset = index(rm == 4, index, scale);
        int register = base | (rex & 1) << 3;
        long address = target - segmentBase - displacement - offset;
        boolean baseIsIndex = rm == 4 && register == (index | (rex & 2) << 2);
        if (!baseIsIndex) {
            made.gpr[register] = addressPrefix ? address & 0xffff_ffffL | random.nextLong() << 32 : address;
        }
        word(displacement, mod == 1 ? 1 : mod == 2 ? 4 : 0);
    }

    /** Gives an index register a small value and says what it contributes. */
    private long index(boolean sib, int index, int scale) {
        int register = index | (rex & 2) << 2;
        if (!sib || register == Gpr.RSP) {
            return 0;
        }
        made.gpr[register] = random.nextInt(-40, 40);
        return made.gpr[register] << scale;
    }

    private void word(long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            code.write((int) (value >>> 8 * i));
        }
    }

    /** More bytes than any immediate needs; what is too much lies behind the instruction. */
    private void immediates() {
        long value = oneIn(3) ? value() : random.nextLong();
        word(value, Math.min(8, 16 - code.size()));
    }
}
