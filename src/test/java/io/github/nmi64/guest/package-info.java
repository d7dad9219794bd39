/**
 * Hand-made guests for tests: {@link io.github.nmi64.guest.GuestProgram} lists the code, {@link
 * io.github.nmi64.guest.TestMachine} runs it a boundary at a time and tells its story.
 */
package io.github.nmi64.guest;
