package io.github.nmi64.oracle;

import io.github.nmi64.core.LinearMemory;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Instruction;
import io.github.nmi64.isa.Operand;
import io.github.nmi64.isa.Segment;
import io.github.nmi64.isa.Vector;
import io.github.nmi64.state.Rflags;

/**
 * Where the manuals leave it to the processor what a user-mode instruction does, or contradict each other. A host that
 * differs from the emulator in one of these points, and in nothing else, is as right as the emulator. Every other difference
 * is an error of one of the two. The order is that in which they are asked.
 */
enum OpenPoint {
    ABSENT("instructions the host does not have", "CPUID says which there are") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            return context.habits().lacks(instruction.opcode.mnemonic());
        }
    },
    UNDEFINED_FLAGS("flags the manual leaves undefined", "SDM vol. 2, by name; TP-249") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            long undefined = UndefinedFlags.of(instruction, c.request());
            return completed(c) && c.onlyIn("rflags") && (c.host().differingFlags(c.emulated()) & ~undefined) == 0;
        }
    },
    UNDEFINED_RESULT(
            "results the manual leaves undefined: of a zero source (BSF, BSR), 16 bits (BSWAP), a count beyond the operand"
                    + " (SHLD, SHRD)",
            "SDM vol. 2, by name; TP-225") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            return completed(c)
                    && UndefinedFlags.undefinedResult(instruction, c.request(), c.emulated())
                    && (c.host().differingFlags(c.emulated()) & ~UndefinedFlags.of(instruction, c.request())) == 0
                    && c.onlyIn(
                            destination(instruction),
                            "rflags",
                            "window",
                            "first change",
                            "last change",
                            "hash of changes");
        }
    },
    COUNT_OF_ZERO(
            "the upper half of a 32-bit register, or a page that cannot be written, shifted by zero",
            "SDM vol. 2, SAL") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            boolean shift =
                    UndefinedFlags.of(instruction.opcode.mnemonic()) != 0 && instruction.operand1 != Operand.NONE;
            if (!shift || !isShift(instruction) || UndefinedFlags.count(instruction, c.request()) != 0) {
                return false;
            }
            String name = destination(instruction);
            boolean upperHalf = Operand.bits(instruction.operand0) == 32
                    && Operand.kind(instruction.operand0) == Operand.GPR
                    && c.onlyIn(name)
                    && (int) c.host().gpr[Operand.register(instruction.operand0)]
                            == (int) c.emulated().gpr[Operand.register(instruction.operand0)];
            boolean written = c.emulated().vector == Vector.PF && (c.emulated().errorCode & WRITE) != 0;
            return completed(c) && upperHalf || written && !c.host().faulted();
        }
    },
    FAULT_ORDER(
            "which of two faults of one instruction comes first", "SDM vol. 3, table 6-2: within a class it is open") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            return FaultOrder.explains(c, context.emulator());
        }
    },
    VENDOR("points on which the manuals of Intel and AMD differ", "rule 'vendor'; TP-223 and others") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            CpuOutcome other = context.otherVendor().run(c.request());
            return c.host().differences(other).isEmpty();
        }
    },
    BRANCH_TARGET(
            "whether a near branch to a non-canonical target faults before it pushes, after it has pushed or tried to, or at the"
                    + " target",
            "before by SDM vol. 2, CALL, JMP, RET; TP-221") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            boolean faultsAtBranch = c.emulated().vector == Vector.GP && c.emulated().errorCode == 0;
            boolean atTarget =
                    !LinearMemory.isCanonical(c.host().rip) && !c.host().faulted();
            boolean pushFirst = instruction.opcode.mnemonic().equals("call")
                    && c.host().faulted()
                    && c.onlyIn(
                            "vector", "error code", "cr2", "window", "first change", "last change", "hash of changes")
                    && (c.host().vector != Vector.PF || (c.host().errorCode & WRITE) != 0);
            return faultsAtBranch && (atTarget || pushFirst);
        }
    },
    CANONICAL_WIDTH("how many bits a canonical address has, and where it ends", "48 or 57 by CR4.LA57") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            boolean refused = c.emulated().vector == Vector.GP || c.emulated().vector == Vector.SS;
            boolean edge = c.host().vector == Vector.PF && Long.compareUnsigned(c.host().cr2, LAST_LOW_PAGE) >= 0;
            boolean beyond = !LinearMemory.isCanonical(c.host().cr2) || !LinearMemory.isCanonical(c.host().rip);
            return refused
                    && (edge && c.host().cr2 < HOLE
                            || beyond && context.habits().linearBits() > 48);
        }
    },
    WRAP("an access that wraps from the top of memory to 0", "no manual mentions it") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            return c.host().faulted()
                    && c.emulated().vector == Vector.PF
                    && c.emulated().cr2 >= -15
                    && c.emulated().cr2 < 0;
        }
    },
    SEGMENT_OFFSET(
            "whether an offset through FS or GS must be canonical by itself",
            "no manual mentions it; measured on AMD's") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            return instruction.segment >= Segment.FS
                    && instruction.hasMemoryOperand()
                    && (c.host().vector == Vector.GP || c.emulated().vector == Vector.GP)
                    && c.host().faulted()
                    && c.emulated().faulted();
        }
    },
    MOVSXD_SIZE("how much a MOVSXD to 16 bits reads", "16 bits by Intel, 32 by AMD") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            return instruction.opcode.mnemonic().equals("movsxd")
                    && instruction.operandBits == 16
                    && instruction.hasMemoryOperand()
                    && (c.host().faulted() || c.emulated().faulted());
        }
    },
    LOOP_PREFIX("F2 and F3 on LOOPE and LOOPNE", "no manual mentions it; they turn one into the other on AMD's") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            if (!instruction.opcode.mnemonic().startsWith("loop")
                    || !instruction.has(Instruction.REP | Instruction.REPNE)) {
                return false;
            }
            CpuCase turned = c.request().copy();
            for (int at = 0; at < turned.code.length; at++) {
                if ((turned.code[at] & 0xfe) == 0xe0) {
                    turned.code[at] ^= 1;
                    break;
                }
            }
            return c.host().differences(context.emulator().run(turned)).isEmpty();
        }
    },
    REPEAT_NEVER(
            "what REP with 32-bit addresses does to upper halves if it makes no iteration or faults",
            "no manual mentions it; Intel's clear them") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            boolean never = (int) c.request().gpr[Gpr.RCX] == 0;
            boolean faults = c.host().faulted() && c.emulated().faulted();
            return (never || faults)
                    && instruction.has(Instruction.REP | Instruction.REPNE)
                    && instruction.addressBits == 32
                    && c.onlyIn("rcx", "rsi", "rdi")
                    && truncated(c, Gpr.RCX)
                    && truncated(c, Gpr.RSI)
                    && truncated(c, Gpr.RDI);
        }

        private boolean truncated(Comparison c, int register) {
            long host = c.host().gpr[register];
            return host == c.emulated().gpr[register] || host == (c.emulated().gpr[register] & 0xffff_ffffL);
        }
    },
    REPEAT_FLAGS(
            "the flags of a REP CMPS or SCAS that a trap ends early",
            "as before it at a page fault, SDM vol. 2, REP; of a trap no manual says, and on Intel's it is the same") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            boolean compares = instruction.opcode.mnemonic().matches("(cmps|scas)[bwlq]?");
            boolean isUnfinished =
                    c.emulated().rip == c.host().rip && c.emulated().rip == CpuCase.CODE + c.request().codeOffset;
            return compares
                    && instruction.has(Instruction.REP | Instruction.REPNE)
                    && isUnfinished
                    && completed(c)
                    && c.onlyIn("rflags")
                    && ((c.host().rflags ^ c.request().rflags) & Rflags.STATUS) == 0;
        }
    },
    PAUSE_REX("whether F3 before XCHG with R8 makes it PAUSE", "no manual mentions it; on Intel's it does") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            return instruction.opcode.mnemonic().equals("xchg")
                    && instruction.has(Instruction.REP)
                    && completed(c)
                    && c.onlyIn("rax", "r8")
                    && c.host().gpr[Gpr.RAX] == c.request().gpr[Gpr.RAX]
                    && c.host().gpr[8] == c.request().gpr[8];
        }
    },
    LAST_PROBE(
            "whether ENTER tries the stack it will leave, and what it has stored when it faults",
            "SDM vol. 2, ENTER; not APM") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            if (!instruction.opcode.mnemonic().equals("enter") || !c.emulated().faulted()) {
                return false;
            }
            boolean stored = c.host().faulted() && c.onlyIn("window", "first change", "last change", "hash of changes");
            long size = instruction.operandBits >>> 3;
            long last = c.request().gpr[Gpr.RSP]
                    - size * ((instruction.immediate2 & 31) + 1)
                    - (instruction.immediate & 0xffff);
            boolean tried =
                    c.emulated().vector != Vector.PF || c.emulated().cr2 >= last && c.emulated().cr2 < last + size;
            return stored || tried && !c.host().faulted();
        }
    },
    SPLIT_LOCK("locked accesses across cache lines", "Linux and newer processors can be told to refuse them") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            boolean locked = instruction.has(Instruction.LOCK)
                    || instruction.opcode.mnemonic().equals("xchg");
            return c.host().vector == Vector.AC
                    && locked
                    && instruction.hasMemoryOperand()
                    && (c.request().rflags & Rflags.AC) == 0;
        }
    },
    OWN_MEMORY(
            "what else the executing process has in its memory",
            "its stack and code, and Linux's own pages: elsewhere each time") {
        @Override
        boolean explains(Comparison c, Instruction instruction, HostComparison context) {
            long address = c.emulated().cr2;
            return c.emulated().vector == Vector.PF
                    && (address >>> 36 == 0x7ff || address >>> 12 == 0xf_ffff_ffff_f600L)
                    && !c.host().faulted();
        }
    };

    private static final int WRITE = 2;
    /** The page below the canonical hole, which Linux keeps free. */
    private static final long LAST_LOW_PAGE = 0x7fff_ffff_f000L;

    private static final long HOLE = 0x8000_0000_0000L;

    private final String text;
    private final String authority;

    OpenPoint(String text, String authority) {
        this.text = text;
        this.authority = authority;
    }

    /** Whether the difference is this one and nothing else. */
    abstract boolean explains(Comparison c, Instruction instruction, HostComparison context);

    /** Who says that it is open. */
    String authority() {
        return authority;
    }

    private static boolean completed(Comparison c) {
        return !c.host().faulted() && !c.emulated().faulted() && c.host().status == c.emulated().status;
    }

    private static boolean isShift(Instruction instruction) {
        return instruction.opcode.mnemonic().matches("sh[lr]d?|sar|ro[lr]|rc[lr]");
    }

    /** Name of the destination's field; of the memory that holds it nothing, as the window has its own. */
    private static String destination(Instruction instruction) {
        int kind = Operand.kind(instruction.operand0);
        return kind == Operand.GPR || kind == Operand.HIGH_BYTE
                ? Gpr.NAMES.get(Operand.register(instruction.operand0))
                : "window";
    }

    @Override
    public String toString() {
        return text;
    }
}
