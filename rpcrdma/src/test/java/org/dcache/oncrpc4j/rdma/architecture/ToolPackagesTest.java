// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dcache.oncrpc4j.rdma.bench.BenchBinding;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.ResultVisitor;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.dcache.oncrpc4j.rdma.spi.XdrView;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The map of the tool's packages: an arrow means "may use". The tool stands on top of the transport, which knows nothing of it; what it
 * starts in JVMs of their own are ordinary oncrpc4j programs, without a class of the transport.
 */
class ToolPackagesTest {

    private static final String ROOT = "org.dcache.oncrpc4j.rdma";

    /** First part of a package's name below the root, to the packages it may use; of the transport too. */
    private static final Map<String, Set<String>> ARROWS = new TreeMap<>(Map.of(
            "capture", Set.of("proto", "iwarp"),
            "nfs3", Set.of(),
            "nfsclient", Set.of("nfs3"),
            "export", Set.of("nfs3"),
            "bench", Set.of("spi"),
            "tool", Set.of("capture", "nfs3", "nfsclient", "export", "bench", "config", "metrics", "spi", "rpc", "xprt", "proto", "verbs",
            "iwarp")));

    private static JavaClasses production;

    @BeforeAll
    static void read() {
        production = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .withImportOption(location -> !location.contains("-tests.jar")).importPackages(ROOT);
    }

    static Set<String> packages() {
        return ARROWS.keySet();
    }

    @Test
    @DisplayName("every package of the map is there")
    void everyPackageIsThere() {
        Set<String> found = new TreeSet<>();
        production.forEach(c -> found.add(part(c)));
        assertThat(found).containsAll(ARROWS.keySet()).contains("nfs", "xprt");
    }

    @ParameterizedTest
    @MethodSource("packages")
    @DisplayName("a package uses only what its arrows allow")
    void arrows(String name) {
        Set<String> allowed = ARROWS.get(name);
        noClasses().that().resideInAPackage(ROOT + "." + name + "..").should().dependOnClassesThat(
                describe("ours, outside " + allowed, c -> isOurs(c) && !part(c).equals(name) && !allowed.contains(part(c))))
                .check(production);
    }

    @Test
    @DisplayName("nothing that is in the agent jar knows the tool")
    void theTransportKnowsNothingOfTheTool() {
        noClasses().that(describe("are not the tool's", c -> isOurs(c) && !isTools(c))).should()
                .dependOnClassesThat(describe("are the tool's", ToolPackagesTest::isTools))
                .check(production);
    }

    @Test
    @DisplayName("programs in JVMs of their own have no class of the transport")
    void programsAreOrdinary() {
        Set<String> own = Set.of("nfs3", "nfsclient", "export");
        classes().that().resideInAPackage(ROOT + ".tool..app..").should()
                .onlyDependOnClassesThat(describe("are no transport's", c -> !isOurs(c)
                || own.contains(part(c))
                || c.getName().matches(".*\\.tool\\.(.*\\.)?app\\..*|.*\\.bench\\.BenchProtocol|.*\\.tool\\.counters\\.JmxCounters.*")))
                .check(production);
    }

    @Test
    @DisplayName("a binding, and the types that it is made of, can lie on a program's class path without the rest of the transport")
    void aBindingStandsAlone() {
        Set<Class<?>> types = Set.of(UpperLayerBinding.class, CallHeader.class, CallPlan.class, ResultVisitor.class, XdrView.class);
        classes().that(describe("a binding is made of", c -> types.stream().anyMatch(c::isEquivalentTo)
                || c.isEquivalentTo(BenchBinding.class))).should()
                .onlyDependOnClassesThat(describe("of the JDK, or a binding is made of them", c -> c.getPackageName().startsWith("java.")
                || c.isPrimitive()
                        || c.getPackageName().equals(ROOT + ".bench") || types.stream().anyMatch(c::isEquivalentTo))).check(production);
    }

    @Test
    @DisplayName("of the software iWARP the tool knows the wire formats only")
    void wireFormatsOnly() {
        noClasses().that(describe("are the tool's", ToolPackagesTest::isTools)).should().dependOnClassesThat(
                describe("of iwarp, outside iwarp.wire", c -> part(c).equals("iwarp") && !c.getPackageName().equals(ROOT + ".iwarp.wire")))
                .check(production);
    }

    @Test
    @DisplayName("trees of files know nothing of the programs that export them, and the types of NFSv3 nothing of arguments and results")
    void foundations() {
        noClasses().that().resideInAPackage(ROOT + ".export.tree..").should().dependOnClassesThat().resideInAPackage(ROOT + ".export")
                .check(production);
        noClasses().that().resideInAPackage(ROOT + ".nfs3").should().dependOnClassesThat().resideInAPackage(ROOT + ".nfs3.*")
                .check(production);
    }

    @Test
    @DisplayName("the tool's packages have no cycles")
    void noCycles() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(production);
    }

    private static boolean isOurs(JavaClass c) {
        return c.getPackageName().startsWith(ROOT + ".");
    }

    private static boolean isTools(JavaClass c) {
        return isOurs(c) && ARROWS.containsKey(part(c));
    }

    private static String part(JavaClass c) {
        String name = c.getPackageName();
        return isOurs(c) ? name.substring(ROOT.length() + 1).replaceFirst("\\..*", "") : name;
    }
}
