package io.github.nmi64.monitor;

/**
 * A broken invariant.
 *
 * @param invariant its name, part of the interface: "context-restored"
 * @param subject what it is about: a register name
 * @param step instructions retired when it was noticed
 * @param rip address of the next instruction then
 * @param detail one sentence for a person
 */
public record Violation(String invariant, String subject, long step, long rip, String detail) {}
