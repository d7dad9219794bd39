package io.github.nmi64.bringup;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The program that events interrupt. */
public enum Victim {
    /** Code of the kernel, on a stack of its own. */
    KERNEL("kernel"),
    /** A user program. */
    USER("user"),
    /** A system call, from SYSCALL to the instruction after it. */
    SYSCALL("syscall"),
    /** A system call made with RSP in the NMI stack, as a malicious program can. */
    SYSCALL_ON_NMI_STACK("syscall-on-nmi-stack");

    private final String keyword;

    Victim(String keyword) {
        this.keyword = keyword;
    }

    /** The word of the command line. */
    public String keyword() {
        return keyword;
    }

    /** The victim of that name. */
    public static Optional<Victim> named(String keyword) {
        return Arrays.stream(values())
                .filter(victim -> victim.keyword.equals(keyword))
                .findFirst();
    }

    /** All names. */
    public static List<String> keywords() {
        return Arrays.stream(values()).map(Victim::keyword).toList();
    }

    String object() {
        return "victim-" + keyword;
    }
}
