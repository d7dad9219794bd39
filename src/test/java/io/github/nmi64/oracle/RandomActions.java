package io.github.nmi64.oracle;

import java.util.List;
import java.util.SplittableRandom;

/**
 * What a {@link SystemProgram} does, drawn at random: each action first stores where a handler is to go on should it fault.
 * Actions leave RSP anywhere, so each begins by setting it.
 */
final class RandomActions {
    /** An action to append. */
    private interface Action {
        void append();
    }

    /** Selectors of every kind: null, code, data, user's, the task, not present, beyond the limit. */
    private static final int[] SELECTORS = {
        0, 3, 0x08, 0x0b, 0x10, 0x13, 0x18, 0x1b, 0x20, 0x23, 0x2b, 0x30, 0x40, 0x48, 0x50, 0x58, 0x60, 0x0c, 0xfff8
    };

    private static final List<String> ARITHMETIC =
            List.of("01", "09", "11", "19", "21", "29", "31", "39", "85", "89", "87");
    private static final List<String> PLAIN = List.of(
            "f8", "f9", "f5", "fc", "fd", "98", "99", "90", "fa", "fb", "9c 58", "0f06", "0f08", "0f0b", "cc", "0f01f8",
            "9b", "f390", "d7", "0f30", "0f32", "0fa0 58", "0fa8 59", "8cd0", "8ce8", "8cd8", "0f00c8", "0f00c0",
            "0f20c0", "0f20d1", "0f22d0", "0f23c7", "0f21f8", "c9", "58 50", "cf", "cb", "ce", "f4");
    private static final long[] ADDRESSES = {
        SystemProgram.SCRATCH,
        SystemProgram.SCRATCH + 8,
        SystemProgram.USER_DATA,
        0x7fff_ff00L,
        0xffff_ffff_9000_0000L,
        SystemProgram.STACKS
    };

    private final SplittableRandom random;
    private final GuestCode text;
    private final GuestCode user;
    private final List<Action> actions = List.of(
            this::arithmetic,
            this::arithmetic,
            this::plain,
            this::plain,
            this::memory,
            this::memory,
            this::stack,
            this::loadSegment,
            this::loadSegment,
            this::interrupt,
            this::interruptReturn,
            this::interruptReturn,
            this::farReturn,
            this::changeGate,
            this::string,
            this::flags,
            this::nonCanonical,
            this::enterUser,
            this::enterUser,
            this::systemCall,
            this::modelSpecific);

    RandomActions(SplittableRandom random, GuestCode text, GuestCode user) {
        this.random = random;
        this.text = text;
        this.user = user;
    }

    void append(int count) {
        for (int i = 0; i < count; i++) {
            text.add("48c70425%%", SystemProgram.RESUME, 0);
            long resume = text.here() - 4;
            text.add("48c7c4%", SystemProgram.KERNEL_STACK - 8L * random.nextInt(16));
            actions.get(random.nextInt(actions.size())).append();
            text.fill(resume, text.here());
        }
    }

    private String one(List<String> among) {
        return among.get(random.nextInt(among.size()));
    }

    private int selector() {
        return SELECTORS[random.nextInt(SELECTORS.length)];
    }

    private long address() {
        return ADDRESSES[random.nextInt(ADDRESSES.length)] + (random.nextInt(4) == 0 ? random.nextInt(8) : 0);
    }

    /** A register but RSP, in bits 0 to 2 of ModRM or opcode. */
    private int register() {
        int register = random.nextInt(7);
        return register == 4 ? 7 : register;
    }

    private static String hex(int... bytes) {
        StringBuilder text = new StringBuilder();
        for (int value : bytes) {
            text.append("%02x".formatted(value & 0xff));
        }
        return text.toString();
    }

    private void arithmetic() {
        for (int i = random.nextInt(1, 5); i > 0; i--) {
            text.add(arithmeticInstruction());
        }
    }

    private String arithmeticInstruction() {
        String rex = random.nextInt(3) == 0 ? "" : "48";
        int registers = register() << 3 | register();
        return switch (random.nextInt(5)) {
            case 0 -> rex + "83" + hex(0xc0 | random.nextInt(8) << 3 | register(), random.nextInt(256));
            case 1 -> rex + "f7" + hex(0xd0 | random.nextInt(2) << 3 | register());
            case 2 -> rex + "ff" + hex(0xc0 | random.nextInt(2) << 3 | register());
            case 3 -> "48f7" + hex(0xf0 | register()); // DIV, which mostly faults
            default -> rex + one(ARITHMETIC) + hex(0xc0 | registers);
        };
    }

    private void plain() {
        text.add(one(PLAIN));
    }

    private void memory() {
        String rex = random.nextBoolean() ? "48" : "";
        String opcode = one(List.of("89", "8b", "01", "03", "29", "31", "39", "87", "f0 01".replace(" ", "")));
        if (opcode.startsWith("f0")) {
            text.add("f0" + rex + "01" + hex(register() << 3 | 4, 0x25) + "%", address());
        } else {
            text.add(rex + opcode + hex(register() << 3 | 4, 0x25) + "%", address());
        }
    }

    private void stack() {
        int[] pushed = {register(), register()};
        text.add(hex(0x50 | pushed[0]) + "68%" + hex(0x58 | pushed[1], 0x58 | pushed[0]), random.nextInt());
        if (random.nextInt(4) == 0) {
            text.add("48c7c4% 50 58", address());
        }
    }

    /** MOV to DS, ES, SS, FS or GS, sometimes with something in the shadow of MOV SS. */
    private void loadSegment() {
        int[] names = {0, 2, 2, 3, 4, 5};
        text.add("b8% 8e" + hex(0xc0 | names[random.nextInt(names.length)] << 3), selector());
        if (random.nextInt(3) == 0) {
            text.add(one(List.of("90", "cc", "0f0b", "50", "8ed0", "fb")));
        }
    }

    private void interrupt() {
        int[] vectors = {0, 3, 4, 6, 0x1f, 0x80};
        text.add("cd" + hex(vectors[random.nextInt(vectors.length)]));
    }

    private void interruptReturn() {
        boolean valid = random.nextInt(3) == 0;
        text.add("6a10");
        text.add("68%", random.nextInt(4) == 0 ? 0x12345 : SystemProgram.KERNEL_STACK);
        text.add("68%", flagsImage());
        text.add("6a" + hex(valid ? 0x08 : selector() & 0x7b) + "68%", 0);
        long target = text.here() - 4;
        if (random.nextInt(6) == 0) {
            text.add("48c1642404" + hex(random.nextInt(40))); // SHL of the saved RIP: where it leads, nobody knows
        }
        text.add("48cf");
        text.fill(target, text.here());
    }

    /** Flags without TF, which the steppers of oracles use themselves, and without VM, AC and IOPL. */
    private long flagsImage() {
        return random.nextInt() & 0x21_4ed5 & (random.nextInt(3) == 0 ? -1 : 0x1_0ad5) | 2;
    }

    private void farReturn() {
        text.add("6a" + hex(random.nextBoolean() ? 0x08 : selector() & 0x7b) + "68%", 0);
        long target = text.here() - 4;
        text.add("48cb");
        text.fill(target, text.here());
    }

    /** Another type, DPL or presence for a gate; or another stack. */
    private void changeGate() {
        int[] vectors = {0, 6, 11, 12, 13, 14};
        int[] types = {0x8e, 0x8f, 0xee, 0xef, 0x0e};
        long gate = SystemProgram.IDT + 16L * vectors[random.nextInt(vectors.length)];
        switch (random.nextInt(3)) {
            case 0 -> text.add("c60425%" + hex(random.nextInt(4)), gate + 4);
            default -> text.add("c60425%" + hex(types[random.nextInt(types.length)]), gate + 5);
        }
    }

    private void string() {
        String prefix = one(List.of("f3", "f2", "f3"));
        String opcode = one(List.of("a4", "a5", "48a5", "aa", "48ab", "ac", "ae", "a6"));
        text.add("48c7c6%48c7c7%b9%", address(), address(), random.nextInt(6));
        text.add(prefix + opcode);
    }

    private void flags() {
        text.add("68%9d", flagsImage());
    }

    private void nonCanonical() {
        text.add("48b80000000000008000" + one(List.of("8b00", "50 50 8900", "ffe0")));
    }

    /** IRETQ or SYSRET to a few instructions at CPL 3 that end with a system call or a fault. */
    private void enterUser() {
        long target = user.here();
        for (int i = random.nextInt(4); i > 0; i--) {
            user.add(userInstruction());
        }
        user.add(one(List.of("cd80", "0f05", "0f0b", "cc cd80", "cd80")));
        if (random.nextInt(3) == 0) {
            text.add("48c7c1% 49c7c3% 48c7c4% 480f07", target, 0x202, SystemProgram.USER_STACK);
        } else {
            text.add("6a23 68% 68% 6a2b 68% 48cf", SystemProgram.USER_STACK, flagsImage() & ~0x4000L, target);
        }
    }

    private String userInstruction() {
        return switch (random.nextInt(6)) {
            case 0 -> one(List.of("fa", "fb", "0f20c0", "0f01f8", "cc", "cd03", "e6e9", "0f30"));
            case 1 -> "50 58";
            case 2 -> "b8" + hex(selector(), 0, 0, 0) + "8e" + hex(one3() << 3 | 0xc0);
            case 3 -> "48890425" + hex(0x00, 0x00, 0x50, 0x00);
            case 4 -> "48890425" + hex(0x00, 0x10, 0x01, 0x81);
            default -> arithmeticInstruction();
        };
    }

    private int one3() {
        int[] names = {0, 2, 3, 4, 5};
        return names[random.nextInt(names.length)];
    }

    /** SYSCALL at CPL 0, which is legal. */
    private void systemCall() {
        text.add("0f05");
    }

    private void modelSpecific() {
        long[] indices = {
            0xc000_0080L, 0xc000_0081L, 0xc000_0100L, 0xc000_0101L, 0xc000_0102L, 0xc000_0084L, 0x1234_5678L
        };
        text.add("b9% 0f32", indices[random.nextInt(indices.length)]);
        if (random.nextInt(2) == 0) {
            text.add("b9% b8% ba% 0f30", 0xc000_0100L + random.nextInt(3), random.nextInt(), random.nextInt(3) - 1);
        }
    }
}
