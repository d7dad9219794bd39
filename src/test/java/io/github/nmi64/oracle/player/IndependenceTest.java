package io.github.nmi64.oracle.player;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;

/** A second opinion is worth something if it is formed without the first. */
class IndependenceTest {
    @Test
    void the_player_knows_nothing_of_explorer_and_monitors() {
        noClasses()
                .that()
                .haveSimpleNameNotContaining("Comparison")
                .and()
                .haveSimpleNameNotContaining("Verdict")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.github.nmi64.explore..", "io.github.nmi64.monitor..")
                .check(new ClassFileImporter().importPackages("io.github.nmi64.oracle.player"));
    }
}
