package io.github.nmi64.cpu;

import static io.github.nmi64.isa.Vector.NMI;
import static io.github.nmi64.isa.Vector.UD;

import io.github.nmi64.guest.GuestProgram;
import io.github.nmi64.guest.TestMachine;
import io.github.nmi64.isa.Gpr;
import io.github.nmi64.isa.Segment;

/**
 * A program with instructions of every kind that events can interfere with: several memory accesses, locks, repetition,
 * shadows, software interrupts, a fault, flags as data, and a round trip through user mode. Ends at {@code end}.
 */
final class AllKinds {
    static final String LISTING = """
            start: 48 b8 88 77 66 55 44 33 22 11 ; movabs $0x1122334455667788,%rax
                   48 89 07                      ; mov %rax,(%rdi)
                   48 01 47 08                   ; add %rax,0x8(%rdi)
                   f0 48 0f c1 07                ; lock xadd %rax,(%rdi)
                   48 87 47 10                   ; xchg %rax,0x10(%rdi)
                   f0 ff 47 18                   ; lock incl 0x18(%rdi)
                   b9 20 00 00 00                ; mov $0x20,%ecx
                   48 0f b1 4f 10                ; (cmpxchg %rcx,0x10(%rdi))
                   6a 5a                         ; push $0x5a
                   ff 37                         ; push (%rdi)
                   8f 47 20                      ; pop 0x20(%rdi)
                   5b                            ; pop %rbx
                   e8 88 00 00 00                ; call
                   c8 20 00 01                   ; enter $0x20,$0x1
                   c9                            ; leave
                   9c                            ; pushf
                   f9                            ; stc
                   9d                            ; popf
                   b9 05 00 00 00                ; mov $0x5,%ecx
                   48 8d b7 00 01 00 00          ; lea 0x100(%rdi),%rsi
                   48 87 f7                      ; xchg %rsi,%rdi
                   f3 aa                         ; rep stos %al,%es:(%rdi)
                   48 87 f7                      ; xchg %rsi,%rdi
                   b9 03 00 00 00                ; mov $0x3,%ecx
                   48 8d b7 00 01 00 00          ; lea 0x100(%rdi),%rsi
                   f3 48 a5                      ; rep movsq %ds:(%rsi),%es:(%rdi)
                   b9 04 00 00 00                ; mov $0x4,%ecx
                   f3 a6                         ; repz cmpsb %es:(%rdi),%ds:(%rsi)
                   b9 06 00 00 00                ; mov $0x6,%ecx
                   fd                            ; std
                   f2 ae                         ; repnz scas %es:(%rdi),%al
                   fc                            ; cld
                   8c d2                         ; mov %ss,%edx
                   8e d2                         ; (mov %edx,%ss)
                   48 89 e4                      ; mov %rsp,%rsp
                   fb                            ; sti
                   48 6b db 03                   ; imul $0x3,%rbx,%rbx
                   fa                            ; cli
                   cc                            ; int3
                   cd 30                         ; int $0x30
                   0f 0b                         ; ud2
                   bb 07 00 00 00                ; mov $0x7,%ebx
                   31 d2                         ; xor %edx,%edx
                   48 f7 f3                      ; div %rbx
            count: ff cb                         ; dec %ebx
                   75 fc                         ; jne
                   48 0f ba e8 05                ; bts $0x5,%rax
                   44 0f b6 47 01                ; movzbl 0x1(%rdi),%r8d
                   49 c1 e0 03                   ; shl $0x3,%r8
                   0f a2                         ; cpuid
                   0f 01 f8                      ; (swapgs)
                   0f 01 f8                      ; (swapgs)
                   0f 20 d8                      ; mov %cr3,%rax
                   0f 22 d8                      ; mov %rax,%cr3
                   b9 00 00 30 00                ; mov $0x300000,%ecx
                   41 bb 02 00 00 00             ; mov $0x2,%r11d
                   49 89 e4                      ; mov %rsp,%r12
                   48 0f 07                      ; (sysretq)
            sub:   55                            ; push %rbp
                   48 89 e5                      ; mov %rsp,%rbp
                   48 83 c3 09                   ; add $0x9,%rbx
                   5d                            ; pop %rbp
                   c2 00 00                      ; ret $0x0
            entry: 0f 01 f8                      ; (swapgs)
                   49 89 e5                      ; mov %rsp,%r13
                   4c 89 e4                      ; mov %r12,%rsp
                   51                            ; push %rcx
                   41 53                         ; push %r11
                   49 ff c6                      ; inc %r14
                   41 5b                         ; pop %r11
                   59                            ; pop %rcx
                   4c 89 ec                      ; mov %r13,%rsp
                   0f 01 f8                      ; (swapgs)
                   48 0f 07                      ; (sysretq)
            end:   90                            ; nop
            """;

    private static final String USER = """
            user: bc 00 00 37 00 ; mov $0x370000,%esp
                  6a 03          ; push $0x3
                  0f 05          ; syscall
                  41 5f          ; pop %r15
                  0f 05          ; syscall
                  cd 30          ; int $0x30
                  cd 31          ; int $0x31
            """;

    private static final String NMI_HANDLER = """
            50          ; push %rax
            51          ; push %rcx
            31 c0       ; xor %eax,%eax
            48 8d 48 ff ; lea -0x1(%rax),%rcx
            48 01 c8    ; add %rcx,%rax
            59          ; pop %rcx
            58          ; pop %rax
            48 cf       ; iretq
            """;

    /** INT 0x31 leaves user mode for good. */
    private static final String LEAVE = """
            48 c7 04 24 00 00 20 00    ; movq $0x200000,(%rsp)
            4c 01 14 24                ; add %r10,(%rsp)
            48 c7 44 24 08 08 00 00 00 ; movq $0x8,0x8(%rsp)
            4c 89 64 24 18             ; mov %r12,0x18(%rsp)
            48 c7 44 24 20 10 00 00 00 ; movq $0x10,0x20(%rsp)
            48 cf                      ; iretq
            """;

    private AllKinds() {}

    /** The program, with NMIs on this IST index; 0 for the stack that is in use. */
    static TestMachine boot(int ist) {
        TestMachine machine = GuestProgram.kernel(LISTING)
                .user(USER)
                .interruptGate(NMI, ist)
                .userGate(0x30)
                .userGate(0x31)
                .handler(NMI, NMI_HANDLER)
                .handler(UD, "48 83 04 24 02 ; addq $0x2,(%rsp)\n48 cf          ; iretq\n")
                .handler(0x31, LEAVE)
                .boot();
        machine.state().lstar = machine.address("entry");
        machine.state().fmask = 0x700;
        machine.state().segments.base[Segment.GS] = 0x1111;
        machine.state().kernelGsBase = 0x2222;
        return machine.set(Gpr.RDI, GuestProgram.DATA).set(Gpr.R10, machine.address("end") - GuestProgram.KERNEL);
    }
}
