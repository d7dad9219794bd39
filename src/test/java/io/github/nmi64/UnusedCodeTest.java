package io.github.nmi64;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.github.nmi64.cli.Main;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Nothing in the program is there for the tests alone, or for nobody. */
class UnusedCodeTest {
    private static final Path SOURCES = Path.of("src/main/java");
    private static final String ROOT = "io.github.nmi64";

    /** Methods that no code of the program calls, and why they are there. */
    private static final Set<String> EXCEPTIONS = Set.of(
            // for programs that use the library
            "device.Output.dropped",
            "fixture.Fixture.of",
            "image.SymbolTable.names",
            "machine.Machine.run",
            "schedule.Schedule.text",
            // the rest of the flags of a segment, of which the program needs one
            "image.LoadSegment.readable",
            "image.LoadSegment.writable",
            // for debuggers, which stop a run from outside
            "cpu.Cpu.pause",
            // what cannot be observed can be proved only by switching it off, or by asking for it
            "cpu.Cpu.caching",
            "explore.Explorer.attempts",
            "explore.Explorer.live",
            // tables, to be compared with other tables
            "isa.Encoding.opcodeText",
            "isa.Encoding.operandText",
            "timing.TableCosts.rows",
            // of a kernel image and its types, for what will run it
            "kernel.Btf.offset",
            "kernel.Btf.size",
            "kernel.KernelImage.at",
            "kernel.KernelImage.name",
            "kernel.KernelImage.symbols",
            "kernel.KernelSymbol.isAbsolute",
            // streams that are not the process's own
            "cli.Console.of");

    @Test
    void every_method_is_called_by_the_program() {
        JavaClasses all = new ClassFileImporter()
                .importUrl(Main.class.getProtectionDomain().getCodeSource().getLocation());
        JavaClasses program = all.that(describe("of the program", UnusedCodeTest::isOfTheProgram));
        TreeSet<String> unused = new TreeSet<>();
        for (JavaClass type : program) {
            type.getMethods().stream()
                    .filter(method -> isOrdinary(type, method) && !isUsed(method))
                    .map(UnusedCodeTest::name)
                    .forEach(unused::add);
        }

        unused.removeAll(EXCEPTIONS);

        assertThat(unused).isEmpty();
    }

    private static boolean isOfTheProgram(JavaClass type) {
        String outermost = type.getName().replaceAll("\\$.*", "").replace('.', '/');
        return Files.exists(SOURCES.resolve(outermost + ".java"));
    }

    private static String name(JavaMethod method) {
        return method.getOwner().getFullName().substring(ROOT.length() + 1) + "." + method.getName();
    }

    /**
     * Neither made by the compiler nor called by a library, as annotated methods are by picocli, nor what an exception tells
     * whoever catches it.
     */
    private static boolean isOrdinary(JavaClass type, JavaMethod method) {
        boolean isMade = method.getModifiers().contains(JavaModifier.SYNTHETIC)
                || method.getModifiers().contains(JavaModifier.BRIDGE)
                || type.isEnum() && Set.of("values", "valueOf").contains(method.getName())
                || type.isRecord()
                        && method.getRawParameterTypes().isEmpty()
                        && type.tryGetField(method.getName()).isPresent();
        boolean tellsMore = type.isAssignableTo(Throwable.class)
                && method.getRawParameterTypes().isEmpty();
        return !isMade
                && !tellsMore
                && method.getAnnotations().isEmpty()
                && !method.getName().equals("main");
    }

    private static boolean isUsed(JavaMethod method) {
        return family(method)
                .anyMatch(one -> !one.getOwner().getName().startsWith(ROOT)
                        || Stream.concat(one.getCallsOfSelf().stream(), one.getReferencesToSelf().stream())
                                .map(JavaAccess::getOrigin)
                                .anyMatch(caller -> !caller.equals(method) && isOfTheProgram(caller.getOwner())));
    }

    /** The method, and those it may be called as. */
    private static Stream<JavaMethod> family(JavaMethod method) {
        List<String> parameters =
                method.getRawParameterTypes().stream().map(JavaClass::getName).toList();
        JavaClass type = method.getOwner();
        Stream<JavaClass> kin = Stream.concat(
                Stream.of(type),
                Stream.concat(
                        Stream.concat(type.getAllRawSuperclasses().stream(), type.getAllRawInterfaces().stream()),
                        type.getAllSubclasses().stream()));
        return kin.flatMap(one -> one.getMethods().stream())
                .filter(other -> other.getName().equals(method.getName())
                        && other.getRawParameterTypes().size() == parameters.size());
    }
}
