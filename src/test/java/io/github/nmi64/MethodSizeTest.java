package io.github.nmi64;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nmi64.bits.Hex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * No method is longer than what HotSpot compiles. A method of more than 8000 bytes of bytecode is interpreted for ever
 * (the flag {@code -XX:+DontCompileHugeMethods}, on by default), which makes a large switch ten times slower at once.
 */
class MethodSizeTest {
    private static final int HOTSPOT_LIMIT = 8000;

    @Test
    void no_method_exceeds_what_hotspot_compiles() throws Exception {
        Path classes = Path.of(
                Hex.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<Path> files;
        try (Stream<Path> tree = Files.walk(classes)) {
            files = tree.filter(file -> file.toString().endsWith(".class")).toList();
        }

        assertThat(files).as("class files under %s", classes).isNotEmpty();
        assertThat(files).flatExtracting(file -> hugeMethods(bytes(file))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"7999, false", "8000, false", "8001, true"})
    void a_method_is_huge_from_8001_bytes_on(int size, boolean huge) {
        List<String> found = hugeMethods(classWithMethodOf(size));

        assertThat(found).isEqualTo(huge ? List.of("Sample.filler()V has 8001 bytes of bytecode") : List.of());
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** One line for each method above the limit. */
    private static List<String> hugeMethods(byte[] classFile) {
        List<String> huge = new ArrayList<>();
        ClassReader reader = new ClassReader(classFile);
        ClassWriter copy = new ClassWriter(reader, 0);
        reader.accept(
                new ClassVisitor(Opcodes.ASM9, copy) {
                    @Override
                    public MethodVisitor visitMethod(
                            int access, String name, String descriptor, String signature, String[] exceptions) {
                        MethodVisitor method = super.visitMethod(access, name, descriptor, signature, exceptions);
                        String title = reader.getClassName().replace('/', '.') + "." + name + descriptor;
                        return new Measure(method, title, huge);
                    }
                },
                0);
        return huge;
    }

    private static byte[] classWithMethodOf(int size) {
        ClassWriter writer = new ClassWriter(0);
        writer.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, "Sample", null, "java/lang/Object", null);
        MethodVisitor method = writer.visitMethod(Opcodes.ACC_STATIC, "filler", "()V", null, null);
        method.visitCode();
        for (int i = 0; i < size - 1; i++) {
            method.visitInsn(Opcodes.NOP);
        }
        method.visitInsn(Opcodes.RETURN);
        method.visitMaxs(0, 0);
        method.visitEnd();
        writer.visitEnd();
        return writer.toByteArray();
    }

    /** Copies a method and takes its length from a label put behind the last instruction of the copy. */
    private static final class Measure extends MethodVisitor {
        private final String title;
        private final List<String> huge;

        Measure(MethodVisitor copy, String title, List<String> huge) {
            super(Opcodes.ASM9, copy);
            this.title = title;
            this.huge = huge;
        }

        @Override
        public void visitMaxs(int maxStack, int maxLocals) {
            Label end = new Label();
            super.visitLabel(end);
            super.visitMaxs(maxStack, maxLocals);
            if (end.getOffset() > HOTSPOT_LIMIT) {
                huge.add(title + " has " + end.getOffset() + " bytes of bytecode");
            }
        }
    }
}
