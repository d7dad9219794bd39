package io.github.nmi64.bringup;

import io.github.nmi64.image.ObjectFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The object files that come with the program, assembled from {@code asm-fixtures/bringup}. */
final class BundledObjects {
    private BundledObjects() {}

    static ObjectFile read(String name) {
        try (InputStream stream = BundledObjects.class.getResourceAsStream(name + ".o")) {
            if (stream == null) {
                throw new IllegalStateException("the program lacks its object file " + name);
            }
            return ObjectFile.read(name, stream.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
