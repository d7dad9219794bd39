package io.github.nmi64;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.accessField;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callCodeUnitWhere;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callConstructor;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethod;
import static com.tngtech.archunit.lang.conditions.ArchConditions.dependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;

/**
 * Who may know whom. A package imports only from its left:
 *
 * <pre>
 * bits &lt; isa, memory &lt; state, trace &lt; paging &lt; core &lt; segmentation &lt; delivery &lt; op &lt; cpu &lt; machine &lt; explore | gdb &lt; cli
 * </pre>
 *
 * with {@code device}, {@code timing}, {@code schedule}, {@code fixture} and {@code monitor} beside {@code machine}.
 */
@AnalyzeClasses(packages = "io.github.nmi64", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String ROOT = "io.github.nmi64";

    /** Every package and the packages it may import, in reading order; a package may also import itself. */
    private static final Map<String, String> IMPORTS = new LinkedHashMap<>();

    static {
        // spotless:off
        IMPORTS.put("bits",     "");
        IMPORTS.put("isa",      "bits");
        IMPORTS.put("memory",   "bits");
        IMPORTS.put("timing",   "bits isa");
        IMPORTS.put("state",    "bits isa memory");
        IMPORTS.put("trace",    "bits isa memory state");
        
        IMPORTS.put("paging",   "bits isa memory state trace");
        IMPORTS.put("core",     "bits isa memory state trace paging timing");
        IMPORTS.put("device",   "bits core");
        IMPORTS.put("schedule", "bits isa state core");
        IMPORTS.put("fixture",  "bits isa memory state schedule");
        IMPORTS.put("monitor",  "bits isa memory state trace paging timing core schedule fixture");
        IMPORTS.put("segmentation", "bits isa memory state trace paging timing core");
        IMPORTS.put("delivery", "bits isa memory state trace paging timing core segmentation");
        IMPORTS.put("op",       "bits isa memory state trace paging timing core segmentation delivery");
        IMPORTS.put("cpu",      "bits isa memory state trace paging timing core segmentation delivery op");
        IMPORTS.put("machine",  "bits isa memory state trace paging timing core segmentation delivery op cpu"
                + " device schedule fixture monitor");
        IMPORTS.put("explore",  "bits isa memory state trace paging timing core segmentation delivery op cpu"
                + " device schedule fixture monitor machine");
        IMPORTS.put("gdb",      "bits isa memory state trace paging timing core segmentation delivery op cpu"
                + " device schedule fixture monitor machine");
        IMPORTS.put("cli",      "bits isa memory state trace paging timing core segmentation delivery op cpu"
                + " device schedule fixture monitor machine explore gdb");
        // spotless:on
    }

    @ArchTest
    static final ArchRule a_package_imports_only_from_its_left = layers();

    @ArchTest
    static final ArchRule packages_are_free_of_cycles = slices().matching(ROOT + ".(**)")
            .should()
            .beFreeOfCycles()
            .allowEmptyShould(true)
            .because("packages are read bottom-up, one after the other");

    @ArchTest
    static final ArchRule sinks_are_known_to_machine_and_cli_only = classes()
            .that()
            .resideInAPackage(ROOT + ".trace.sink..")
            .should()
            .onlyHaveDependentClassesThat()
            .resideInAnyPackage(ROOT + ".trace.sink..", ROOT + ".machine..", ROOT + ".cli..")
            .allowEmptyShould(true)
            .because("the core knows the interface TraceSink, never who listens");

    @ArchTest
    static final ArchRule state_and_memory_refer_to_nothing_outside_themselves = classes()
            .that()
            .resideInAnyPackage(ROOT + ".state..", ROOT + ".memory..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    ROOT + ".bits..",
                    ROOT + ".isa..",
                    ROOT + ".memory..",
                    ROOT + ".state..",
                    "java..",
                    "org.jspecify.annotations..")
            .allowEmptyShould(true)
            .because("a snapshot is a copy of data: no sink, no clock, no callback hangs on it");

    @ArchTest
    static final ArchRule only_cli_touches_standard_streams_environment_and_exit = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".cli..")
            .should(ACCESS_STANDARD_STREAMS)
            .orShould(accessField(System.class, "in"))
            .orShould(callMethodNamed(System.class, "getenv", "exit", "getProperty", "getProperties", "console"))
            .orShould(callMethodNamed(Runtime.class, "exit", "halt", "addShutdownHook"))
            .orShould(dependOnClassesThat(resideInAPackage("picocli..")))
            .because("the emulator is a library: it returns what it has to say");

    @ArchTest
    static final ArchRule below_cli_there_is_no_wall_time = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".cli..")
            .should(callMethodNamed(System.class, "currentTimeMillis", "nanoTime"))
            .orShould(callCodeUnitWhere(describe(
                    "the target is a now() of java.time",
                    call -> call.getTarget().getName().equals("now")
                            && call.getTargetOwner().getPackageName().startsWith("java.time"))))
            .orShould(dependOnClassesThat(assignableTo(java.time.Clock.class)))
            .orShould(dependOnClassesThat(assignableTo(java.util.Date.class)))
            .orShould(dependOnClassesThat(assignableTo(java.util.Calendar.class)))
            .because("the same input gives the same run; time is the cycle counter");

    @ArchTest
    static final ArchRule below_cli_there_is_no_unseeded_randomness = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".cli..")
            .should(dependOnClassesThat(assignableTo(java.util.Random.class)))
            .orShould(callConstructor(SplittableRandom.class))
            .orShould(callMethod(Math.class, "random"))
            .orShould(callMethod(UUID.class, "randomUUID"))
            .orShould(callMethod(System.class, "identityHashCode", Object.class))
            .because("the same input gives the same run");

    @ArchTest
    static final ArchRule only_schedules_draw_random_numbers = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".schedule..")
            .should(dependOnClassesThat(assignableTo(java.util.random.RandomGenerator.class)))
            .because("a random schedule with its seed is the only random thing a run can contain");

    @ArchTest
    static final ArchRule below_cli_only_the_explorer_has_threads = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + ".cli..", ROOT + ".explore..")
            .should(dependOnClassesThat(assignableTo(Thread.class)))
            .orShould(dependOnClassesThat(assignableTo(java.util.Timer.class)))
            .orShould(dependOnClassesThat(
                    resideInAPackage("java.util.concurrent..").and(not(equivalentTo(TimeUnit.class)))))
            .orShould(callMethodNamed(java.util.Collection.class, "parallelStream"))
            .orShould(callMethodNamed(java.util.stream.BaseStream.class, "parallel"))
            .because("one machine runs on one thread; who wants more machines starts the threads");

    @ArchTest
    static final ArchRule every_package_is_null_marked = classes()
            .should(resideInNullMarkedPackage())
            .because("a reference that may be null says so, and NullAway checks it");

    private static ArchRule layers() {
        LayeredArchitecture layers = layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                // a package that is not there yet breaks nothing
                .withOptionalLayers(true);
        for (String name : IMPORTS.keySet()) {
            layers = layers.layer(name).definedBy(ROOT + "." + name + "..");
        }
        for (Map.Entry<String, String> row : IMPORTS.entrySet()) {
            var layer = layers.whereLayer(row.getKey());
            layers = row.getValue().isEmpty()
                    ? layer.mayNotAccessAnyLayer()
                    : layer.mayOnlyAccessLayers(row.getValue().split(" "));
        }
        return layers.ensureAllClassesAreContainedInArchitectureIgnoring(ROOT)
                .because("a new package takes its place in the table of this test first");
    }

    /** A call of any overload, also through a subtype. */
    private static ArchCondition<JavaClass> callMethodNamed(Class<?> owner, String... names) {
        DescribedPredicate<JavaAccess<?>> target = describe(
                "the target is " + owner.getSimpleName() + "." + String.join("|", names),
                access -> access.getTargetOwner().isAssignableTo(owner)
                        && java.util.List.of(names).contains(access.getTarget().getName()));
        return callCodeUnitWhere(target.forSubtype());
    }

    private static ArchCondition<JavaClass> resideInNullMarkedPackage() {
        return new ArchCondition<>("reside in a package whose package-info.java is @NullMarked") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                boolean marked = type.getPackage().isAnnotatedWith(NullMarked.class);
                events.add(new SimpleConditionEvent(
                        type, marked, type.getPackageName() + " of " + type.getName() + " is not @NullMarked"));
            }
        };
    }
}
