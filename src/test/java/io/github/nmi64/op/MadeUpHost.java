package io.github.nmi64.op;

import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.isa.CodeMode;
import io.github.nmi64.isa.Decoder;
import io.github.nmi64.isa.Fault;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.isa.Vendor;
import io.github.nmi64.oracle.CpuCase;
import io.github.nmi64.oracle.CpuOutcome;
import io.github.nmi64.oracle.HostCpu;
import io.github.nmi64.state.Rflags;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A processor that does what the emulator does but for one trait: a habit that manuals allow, or a mistake. */
final class MadeUpHost implements HostCpu {
    /** What is different about it. */
    @FunctionalInterface
    interface Trait {
        /** The outcome of a case; {@code ordinary} is the emulator's, to be changed and returned, or not. */
        CpuOutcome of(CpuCase request, Instruction instruction, CpuOutcome ordinary, SingleInstruction emulator);
    }

    private static final long GOOD = CpuCase.DATA + 0x600;

    private final SingleInstruction emulator;
    private final Trait trait;

    MadeUpHost(Vendor vendor, Trait trait) {
        this.emulator = new SingleInstruction(vendor);
        this.trait = trait;
    }

    @Override
    public List<CpuOutcome> run(List<CpuCase> cases) {
        return cases.stream().map(this::outcome).toList();
    }

    private CpuOutcome outcome(CpuCase request) {
        CpuOutcome ordinary = emulator.run(request);
        Instruction instruction = decode(request);
        return instruction == null ? ordinary : trait.of(request, instruction, ordinary, emulator);
    }

    private static @Nullable Instruction decode(CpuCase request) {
        byte[] padded = Arrays.copyOf(request.code, request.code.length + Decoder.MAX_LENGTH);
        try {
            return Decoder.decode(InstructionSet.map(), padded, 0, padded.length, CodeMode.LONG64);
        } catch (Fault e) {
            return null;
        }
    }

    /** The trait on some instructions only. */
    static Trait on(String mnemonics, Trait trait) {
        Set<String> names = Set.of(mnemonics.split(" ", -1));
        return (request, instruction, ordinary, emulator) -> names.contains(instruction.opcode.mnemonic())
                ? trait.of(request, instruction, ordinary, emulator)
                : ordinary;
    }

    /** Turns flags around after an instruction that ends without exception. */
    static Trait flips(String mnemonics, long flags) {
        return on(mnemonics, (request, instruction, ordinary, emulator) -> {
            ordinary.rflags ^= ordinary.faulted() ? 0 : flags;
            return ordinary;
        });
    }

    /** If the pointer that faults first were good, would another fault? Then that one is reported. */
    static Trait faultsLastBy(String mnemonics, int pointer) {
        return on(mnemonics, (request, instruction, ordinary, emulator) -> {
            if (instruction.segment >= Segment.FS) {
                return ordinary; // GOOD is not good with another base
            }
            CpuCase other = request.copy();
            other.gpr[pointer] = GOOD;
            return instead(ordinary, emulator.run(other));
        });
    }

    private static CpuOutcome instead(CpuOutcome ordinary, CpuOutcome other) {
        if (ordinary.faulted() && other.faulted() && ordinary.status == CpuOutcome.RAN) {
            ordinary.vector = other.vector;
            ordinary.errorCode = other.errorCode;
            ordinary.cr2 = other.cr2;
        }
        return ordinary;
    }

    /** Absent pages are reported before misalignment. */
    static CpuOutcome pagesBeforeAlignment(
            CpuCase request, Instruction instruction, CpuOutcome ordinary, SingleInstruction emulator) {
        CpuCase other = request.copy();
        other.rflags &= ~Rflags.AC;
        return ordinary.vector == Vector.AC ? instead(ordinary, emulator.run(other)) : ordinary;
    }

    /** JMP, CALL and RET go to non-canonical targets, and the fetch there faults. */
    static CpuOutcome branchesIntoTheHole(
            CpuCase request, Instruction instruction, CpuOutcome ordinary, SingleInstruction emulator) {
        boolean refused = ordinary.vector == Vector.GP && ordinary.faulted();
        String mnemonic = instruction.opcode.mnemonic();
        if (!refused || !Set.of("jmp", "call", "ret").contains(mnemonic)) {
            return ordinary;
        }
        CpuOutcome load = emulator.run(loadOfTarget(request, instruction));
        if (load.faulted() || LinearMemory.isCanonical(load.gpr[Gpr.RAX])) {
            return ordinary;
        }
        ordinary.vector = Vector.DB;
        ordinary.errorCode = 0;
        ordinary.rip = load.gpr[Gpr.RAX];
        ordinary.gpr[Gpr.RSP] += mnemonic.equals("call") ? -8 : mnemonic.equals("ret") ? 8 + instruction.immediate : 0;
        return ordinary;
    }

    /** MOV RAX from where the branch finds its target. */
    private static CpuCase loadOfTarget(CpuCase request, Instruction instruction) {
        CpuCase load = request.copy();
        byte[] code = instruction.bytes();
        int opcode = 0;
        while ((code[opcode] & 0xff) != 0xff && (code[opcode] & 0xfe) != 0xc2) {
            opcode++;
        }
        if ((code[opcode] & 0xff) != 0xff) {
            load.code = new byte[] {0x48, (byte) 0x8b, 0x04, 0x24};
            return load;
        }
        int rex = opcode > 0 && (code[opcode - 1] & 0xf0) == 0x40 ? opcode - 1 : opcode;
        load.code = new byte[code.length + (rex == opcode ? 1 : 0)];
        System.arraycopy(code, 0, load.code, 0, rex);
        load.code[rex] = (byte) (0x48 | (rex == opcode ? 0 : code[rex] & 3));
        load.code[rex + 1] = (byte) 0x8b;
        System.arraycopy(code, opcode + 1, load.code, rex + 2, code.length - opcode - 1);
        load.code[rex + 2] &= ~0x38;
        return load;
    }

    /** A processor before BMI, ADX, MOVBE and CLFLUSHOPT. */
    static CpuOutcome isOld(CpuCase request, Instruction instruction, CpuOutcome ordinary, SingleInstruction emulator) {
        String mnemonic = instruction.opcode.mnemonic();
        if (Set.of("tzcnt", "lzcnt").contains(mnemonic)) {
            CpuCase other = request.copy();
            int at = 0;
            while ((other.code[at] & 0xff) != 0xf3) {
                at++;
            }
            other.code[at] = 0x3e; // a segment prefix that nobody heeds
            return emulator.run(other);
        }
        boolean absent = instruction.has(Instruction.VEX)
                || Set.of("adcx", "adox", "movbe", "clflushopt").contains(mnemonic);
        return absent ? fault(request, ordinary, Vector.UD, 0) : ordinary;
    }

    private static CpuOutcome fault(CpuCase request, CpuOutcome ordinary, int vector, long address) {
        System.arraycopy(request.gpr, 0, ordinary.gpr, 0, Gpr.COUNT);
        ordinary.status = CpuOutcome.RAN;
        ordinary.vector = vector;
        ordinary.errorCode = vector == Vector.PF ? 5 : 0;
        ordinary.cr2 = address;
        ordinary.rip = CpuCase.CODE + request.codeOffset;
        ordinary.rflags = request.rflags | Rflags.IF;
        ordinary.changedFirst = 0;
        ordinary.changedLast = 0;
        ordinary.changedHash = 0;
        ordinary.window = request.window.clone();
        return ordinary;
    }

    /** Addresses have 57 bits; what 48 would refuse is absent. */
    static CpuOutcome isWide(
            CpuCase request, Instruction instruction, CpuOutcome ordinary, SingleInstruction emulator) {
        boolean refused = ordinary.faulted() && (ordinary.vector == Vector.GP || ordinary.vector == Vector.SS);
        if (!refused || !instruction.hasMemoryOperand() || instruction.addressBits != 64 || instruction.ripRelative) {
            return ordinary;
        }
        long address = request.gpr[instruction.base == Gpr.ZERO ? Gpr.RAX : instruction.base]
                        * (instruction.base == Gpr.ZERO ? 0 : 1)
                + (instruction.index == Gpr.ZERO ? 0 : request.gpr[instruction.index] << instruction.scale)
                + instruction.displacement
                + (instruction.segment == Segment.FS
                        ? request.fsBase
                        : instruction.segment == Segment.GS ? request.gsBase : 0);
        boolean hole = !LinearMemory.isCanonical(address) && address << 7 >> 7 == address;
        return hole ? fault(request, ordinary, Vector.PF, address) : ordinary;
    }

    /** With ECX = 0 a repetition clears the upper halves of RCX and of the pointers. */
    static CpuOutcome clearsUpperHalves(
            CpuCase request, Instruction instruction, CpuOutcome ordinary, SingleInstruction emulator) {
        boolean never = instruction.opcode.mnemonic().matches("movs|stos")
                && instruction.has(Instruction.REP | Instruction.REPNE)
                && instruction.addressBits == 32
                && (int) request.gpr[Gpr.RCX] == 0;
        if (never && !ordinary.faulted()) {
            for (int register : new int[] {Gpr.RCX, Gpr.RDI}) {
                ordinary.gpr[register] &= 0xffff_ffffL;
            }
        }
        return ordinary;
    }

    /** Refuses locked accesses across cache lines, here by their ordinary stores. */
    static CpuOutcome refusesSplitLocks(
            CpuCase request, Instruction instruction, CpuOutcome ordinary, SingleInstruction emulator) {
        boolean locked = (instruction.has(Instruction.LOCK)
                        || instruction.opcode.mnemonic().equals("xchg"))
                && instruction.hasMemoryOperand();
        long address = instruction.base == Gpr.ZERO ? 0 : request.gpr[instruction.base] + instruction.displacement;
        boolean split = instruction.index == Gpr.ZERO
                && instruction.segment < Segment.FS
                && (address & 63) + instruction.operandBits / 8 > 64;
        return locked && split && !ordinary.faulted() ? fault(request, ordinary, Vector.AC, 0) : ordinary;
    }

    /** ENTER does not try the stack it leaves. */
    static CpuOutcome doesNotProbe(
            CpuCase request, Instruction instruction, CpuOutcome ordinary, SingleInstruction emulator) {
        long size = instruction.operandBits >>> 3;
        long frame = request.gpr[Gpr.RSP] - size * ((instruction.immediate2 & 31) + 1);
        boolean probe = ordinary.faulted()
                && ordinary.vector == Vector.PF
                && ordinary.cr2 < frame
                && ordinary.cr2 + size > frame - (instruction.immediate & 0xffff);
        return probe ? emulator.runMended(request, Set.of(ordinary.cr2 & -4096), false) : ordinary;
    }

    /** Results the manual leaves undefined: ones. */
    static CpuOutcome undefinedAreOnes(
            CpuCase request, Instruction instruction, CpuOutcome ordinary, SingleInstruction emulator) {
        boolean zero = instruction.opcode.mnemonic().matches("bs[fr]") && (ordinary.rflags & Rflags.ZF) != 0;
        boolean word = instruction.opcode.mnemonic().equals("bswap") && instruction.operandBits == 16;
        if ((zero || word) && !ordinary.faulted()) {
            ordinary.gpr[Operand.register(instruction.operand0)] |= 0xffff;
        }
        return ordinary;
    }

    /** F3 and F2 turn LOOPNE and LOOPE around, and MOVSXD reads 32 bits. */
    static CpuOutcome isAmds(
            CpuCase request, Instruction instruction, CpuOutcome ordinary, SingleInstruction emulator) {
        CpuCase other = request.copy();
        String mnemonic = instruction.opcode.mnemonic();
        if (mnemonic.matches("loopn?e") && instruction.has(Instruction.REP | Instruction.REPNE)) {
            int at = 0;
            while ((other.code[at] & 0xfe) != 0xe0) {
                at++;
            }
            other.code[at] ^= 1;
            return emulator.run(other);
        }
        if (mnemonic.equals("movsxd") && instruction.operandBits == 16 && !ordinary.faulted()) {
            int at = 0;
            while (at < instruction.length) {
                other.code[at] = other.code[at] == 0x66 ? 0x3e : other.code[at];
                at++;
            }
            CpuOutcome load = emulator.run(other);
            return load.faulted() ? load : ordinary;
        }
        return ordinary;
    }
}
