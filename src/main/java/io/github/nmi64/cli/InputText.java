package io.github.nmi64.cli;

import io.github.nmi64.image.InputFile;
import io.github.nmi64.image.InputFile.UnusableException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Text that an option names, also one that comes through a pipe; nothing is waited for without end. */
final class InputText {
    private static final int PATIENCE_SECONDS = 5;

    private InputText() {}

    /**
     * The text of a file in UTF-8. Of a pipe or a device it must come within five seconds.
     *
     * @param what what it is read for, for errors
     * @param limit the most bytes it may have
     * @throws BadInput if it cannot be read
     */
    static String read(String what, String name, int limit) {
        try {
            Path file = InputFile.path(name);
            boolean mayNeverEnd = Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file);
            byte[] bytes = mayNeverEnd ? patiently(file, limit) : InputFile.readAny(file, limit);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (UnusableException e) {
            throw new BadInput(what + ": '" + name + "' " + e.getMessage());
        } catch (CharacterCodingException e) {
            throw new BadInput(what + ": '" + name + "' is not UTF-8 text");
        }
    }

    /** In a thread of its own: to open a pipe nobody writes to takes for ever and cannot be interrupted. */
    private static byte[] patiently(Path file, int limit) throws UnusableException {
        CompletableFuture<byte[]> bytes = new CompletableFuture<>();
        Thread reader = new Thread(
                () -> {
                    try {
                        bytes.complete(InputFile.readAny(file, limit));
                    } catch (UnusableException | RuntimeException e) {
                        bytes.completeExceptionally(e);
                    }
                },
                "nmi64-input");
        reader.setDaemon(true);
        reader.start();
        try {
            return bytes.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new UnusableException("is a pipe or a device that did not end within " + PATIENCE_SECONDS + " s");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnusableException unusable) {
                throw unusable;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnusableException("was not read: the program was interrupted");
        }
    }
}
