package io.github.nmi64.image;

/**
 * A name of the image.
 *
 * @param name not empty
 * @param address a linear address or, if {@code absolute}, any 64-bit value
 * @param size in bytes; 0 if the source did not say
 * @param global whether the name is visible outside its object file
 * @param function whether the source marked it as a function
 * @param absolute whether it is a number given by the source rather than a place in the image
 */
public record Symbol(String name, long address, long size, boolean global, boolean function, boolean absolute) {}
