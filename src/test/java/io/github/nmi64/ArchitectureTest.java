package io.github.nmi64;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.accessField;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callCodeUnitWhere;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callConstructor;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethod;
import static com.tngtech.archunit.lang.conditions.ArchConditions.dependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;

/**
 * Who may know whom. A package imports only from its left:
 *
 * <pre>
 * bits &lt; isa, memory, schedule &lt; state, timing, image &lt; fixture, trace, paging &lt; core &lt; segmentation, device, monitor
 *      &lt; delivery &lt; op &lt; cpu &lt; machine &lt; run &lt; explore &lt; report &lt; cli
 * </pre>
 */
@AnalyzeClasses(packages = "io.github.nmi64", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String ROOT = "io.github.nmi64";

    /** Every package and the packages it imports, no more and no less, from the bottom up. */
    private static final Map<String, Set<String>> KNOWN_IN_ORDER = new LinkedHashMap<>();

    static {
        // spotless:off
        knows("bits", "");
        knows("isa", "bits");
        knows("memory", "bits");
        knows("schedule", "bits");
        knows("state", "bits isa");
        knows("timing", "isa");
        knows("image", "bits");
        knows("fixture", "bits isa memory schedule state image");
        knows("trace", "isa state");
        knows("trace.sink", "bits isa state trace");
        knows("paging", "isa memory state");
        knows("core", "isa memory state timing trace paging");
        knows("dump", "bits memory state image paging");
        knows("segmentation", "isa state core");
        knows("device", "bits core");
        knows("monitor", "bits isa state image fixture trace core");
        knows("delivery", "isa state timing trace core segmentation");
        knows("op", "bits isa state trace core segmentation delivery");
        knows("kernel", "bits image isa op");
        knows("bringup", "bits isa memory state image kernel dump fixture segmentation op");
        knows("cpu", "isa memory state timing trace core delivery op");
        knows("machine", "bits isa memory state timing image paging core device op cpu");
        knows("run", "bits isa memory schedule state timing image fixture trace core"
                + " segmentation device monitor op cpu machine");
        knows("explore", "bits isa memory schedule state timing image fixture trace core"
                + " monitor cpu machine run");
        knows("report", "bits isa schedule state image fixture core monitor op cpu run explore");
        knows("cli", "bits isa schedule timing image kernel dump bringup fixture trace trace.sink core"
                + " cpu machine run explore report");
        // spotless:on
    }

    private static final Map<String, Set<String>> KNOWN = new TreeMap<>(KNOWN_IN_ORDER);

    private static void knows(String name, String others) {
        KNOWN_IN_ORDER.put(name, others.isEmpty() ? Set.of() : new TreeSet<>(List.of(others.split(" "))));
    }

    /** Also by types that no import names; what is allowed and not used fails too, so that the table is the map. */
    @ArchTest
    static void a_package_knows_those_of_its_row_and_no_others(JavaClasses program) {
        Map<String, Set<String>> known = new TreeMap<>();
        for (JavaClass type : program) {
            Set<String> of = known.computeIfAbsent(name(type), any -> new TreeSet<>());
            type.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                    .filter(target -> target.getPackageName().startsWith(ROOT + "."))
                    .map(ArchitectureTest::name)
                    .filter(target -> !target.equals(name(type)))
                    .forEach(of::add);
        }

        assertThat(known).isEqualTo(KNOWN);
    }

    @ArchTest
    static void a_package_knows_only_those_above_it_in_the_table(JavaClasses program) {
        List<String> above = new ArrayList<>();
        KNOWN_IN_ORDER.forEach((name, row) -> {
            assertThat(above).as(name).containsAll(row);
            above.add(name);
        });
    }

    private static String name(JavaClass type) {
        return type.getPackageName().substring(ROOT.length() + 1);
    }

    @ArchTest
    static final ArchRule packages_are_free_of_cycles = slices().matching(ROOT + ".(**)")
            .should()
            .beFreeOfCycles()
            .allowEmptyShould(true)
            .because("packages are read bottom-up, one after the other");

    @ArchTest
    static final ArchRule sinks_are_known_to_cli_only = classes()
            .that()
            .resideInAPackage(ROOT + ".trace.sink..")
            .should()
            .onlyHaveDependentClassesThat()
            .resideInAnyPackage(ROOT + ".trace.sink..", ROOT + ".cli..")
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
    static final ArchRule only_the_log_knows_slf4j_and_only_the_command_line_configures_it = noClasses()
            .that(not(equivalentTo(io.github.nmi64.bits.Log.class)))
            .and()
            .haveNameNotMatching(".*\\.cli\\.LogConfigurator(\\$.*)?")
            .should(dependOnClassesThat(resideInAnyPackage("org.slf4j..", "ch.qos.logback..")))
            .because("who loads the log without need makes every run wait for it");

    @ArchTest
    static final ArchRule only_cli_reads_and_writes_files_of_results = noClasses()
            .that()
            .resideInAPackage(ROOT + ".report..")
            .should(dependOnClassesThat(resideInAPackage("java.nio.file..")))
            .orShould(dependOnClassesThat(assignableTo(java.io.OutputStream.class)))
            .because("a result is text; where it goes is the caller's affair");

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
