package io.github.nmi64.image;

/** A file is not an image this program can load: {@code boot.elf: is a 32-bit ELF; ...}. */
public final class ImageFormatException extends ImageException {
    private static final long serialVersionUID = 1L;

    ImageFormatException(String image, String problem) {
        super(image + ": " + problem);
    }

    ImageFormatException(String image, String problem, Throwable cause) {
        super(image + ": " + problem, cause);
    }
}
