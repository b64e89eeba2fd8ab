// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.net.URL;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The map of packages: an arrow means "may use", and there are no others. Providers (iwarp, rdmacore, disni) are found by ServiceLoader,
 * so that nothing may depend on one. Who needs a new arrow changes the map here, with the reason beside it.
 */
class PackageArrowsTest {

    private static final String ROOT = "org.dcache.oncrpc4j.rdma";

    /** Package to the packages it may use; config and metrics are usable by all but proto, which is pure. */
    private static final Map<String, Set<String>> ARROWS = new LinkedHashMap<>();

    static {
        ARROWS.put("agent", Set.of("spi", "config", "metrics"));
        // If opening the providers by ServiceLoader needs it, "verbs" may be added here; the engine in xprt is the better place.
        ARROWS.put("rpc", Set.of("spi", "xprt", "proto", "config", "metrics"));
        ARROWS.put("spi", Set.of("config", "metrics"));
        ARROWS.put("xprt", Set.of("proto", "verbs", "config", "metrics"));
        ARROWS.put("proto", Set.of());
        ARROWS.put("verbs", Set.of("config", "metrics"));
        ARROWS.put("iwarp", Set.of("verbs", "config", "metrics"));
        ARROWS.put("rdmacore", Set.of("verbs", "sysfs", "config", "metrics"));
        ARROWS.put("disni", Set.of("verbs", "sysfs", "config", "metrics"));
        // Which devices there are, and of which kind: both providers for devices ask that before they load a library.
        ARROWS.put("sysfs", Set.of());
        ARROWS.put("config", Set.of());
        ARROWS.put("metrics", Set.of());
    }

    /** The only packages that may know oncrpc4j and Grizzly. */
    private static final Set<String> KNOW_ONCRPC4J = Set.of("agent", "rpc", "spi");

    private static final Set<String> PROVIDERS = Set.of("iwarp", "rdmacore", "disni");
    /** Sub-packages that the rest of their package stands on, and what of that package they may use themselves. */
    private static final Map<String, Set<String>> FOUNDATIONS = Map.ofEntries(
            Map.entry("rpc.message", Set.of()),
            Map.entry("rpc.xdr", Set.of("rpc.message")),
            Map.entry("rpc.executor", Set.of()),
            Map.entry("rpc.ports", Set.of()),
            Map.entry("verbs.error", Set.of()),
            Map.entry("xprt.error", Set.of("xprt.counters")),
            Map.entry("xprt.counters", Set.of()),
            Map.entry("xprt.memory", Set.of("xprt.counters")),
            Map.entry("xprt.send", Set.of("xprt.memory")),
            Map.entry("xprt.link", Set.of("xprt.error", "xprt.counters", "xprt.memory", "xprt.send")),
            Map.entry("xprt.requester", Set.of("xprt.error", "xprt.counters", "xprt.memory", "xprt.send", "xprt.link")),
            Map.entry("xprt.responder", Set.of("xprt.error", "xprt.counters", "xprt.memory", "xprt.send", "xprt.link")),
            Map.entry("iwarp.wire", Set.of()),
            Map.entry("iwarp.loop", Set.of()),
            Map.entry("iwarp.tx", Set.of("iwarp.wire")),
            Map.entry("iwarp.rx", Set.of("iwarp.loop")),
            Map.entry("iwarp.memory", Set.of("iwarp.loop")),
            Map.entry("iwarp.shared", Set.of("iwarp.wire", "iwarp.loop", "iwarp.tx", "iwarp.rx", "iwarp.memory")),
            Map.entry("iwarp.stream", Set.of("iwarp.wire", "iwarp.loop", "iwarp.tx", "iwarp.rx", "iwarp.memory", "iwarp.shared")),
            Map.entry("iwarp.handshake", Set.of("iwarp.wire", "iwarp.loop", "iwarp.shared", "iwarp.stream")),
            Map.entry("rdmacore.ffi", Set.of()),
            Map.entry("rdmacore.device", Set.of("rdmacore.ffi")),
            Map.entry("rdmacore.loop", Set.of("rdmacore.ffi", "rdmacore.device")),
            Map.entry("rdmacore.receive", Set.of("rdmacore.ffi", "rdmacore.device", "rdmacore.loop")),
            Map.entry("rdmacore.cm", Set.of("rdmacore.ffi", "rdmacore.device", "rdmacore.loop")));

    private static final String PARTS = ROOT + ".verbs.parts";

    private static JavaClasses production;
    private static JavaClasses forJava22;

    @BeforeAll
    static void read() {
        production = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages(ROOT);
        // Null in a build without a JDK that new.
        URL java22 = PackageArrowsTest.class.getResource("/META-INF/versions/22/");
        forJava22 = java22 == null ? null : new ClassFileImporter().importUrl(java22);
    }

    static Set<String> packages() {
        return ARROWS.keySet();
    }

    @Test
    @DisplayName("every class lies in a package of the map, and the packages without which nothing works are there")
    void everyClassIsOnTheMap() {
        Set<String> found = new TreeSet<>();
        for (JavaClass c : production) {
            String part = part(c);
            assertThat(ARROWS).as("package of %s", c.getName()).containsKey(part);
            found.add(part);
        }
        assertThat(found).contains("spi", "proto", "verbs", "iwarp", "config", "metrics");
        if (forJava22 != null) {
            assertThat(forJava22).as("classes for Java 22").isNotEmpty().allMatch(c -> part(c).equals("rdmacore"));
        }
    }

    @ParameterizedTest
    @MethodSource("packages")
    @DisplayName("a package uses only what its arrows allow")
    void arrows(String name) {
        Set<String> allowed = ARROWS.get(name);
        DescribedPredicate<JavaClass> forbidden = describe("ours, outside " + allowed,
                c -> isOurs(c) && !part(c).equals(name) && !allowed.contains(part(c)));
        check(noClasses().that().resideInAPackage(ROOT + "." + name + "..").should().dependOnClassesThat(forbidden));
    }

    @Test
    @DisplayName("the parts of providers are for providers: what is above the verbs, and the verbs themselves, do not know them")
    void partsAreForProviders() {
        check(noClasses().that(describe("are no provider's", c -> isOurs(c) && !PROVIDERS.contains(part(c)) && !isPart(c)))
                .should().dependOnClassesThat(describe("parts of providers", PackageArrowsTest::isPart)));
    }

    @Test
    @DisplayName("what a package stands on uses of that package only what the map names")
    void foundations() {
        FOUNDATIONS.forEach((name, allowed) -> {
            String parent = name.substring(0, name.indexOf('.'));
            check(noClasses().that().resideInAPackage(ROOT + "." + name).should().dependOnClassesThat(describe(
                    "of " + parent + ", outside " + name + " and " + allowed,
                    c -> part(c).equals(parent) && !below(c).equals(name) && !allowed.contains(below(c)))));
        });
    }

    @Test
    @DisplayName("packages have no cycles")
    void noCycles() {
        check(slices().matching(ROOT + ".(*)..").should().beFreeOfCycles());
    }

    @Test
    @DisplayName("ByteBuddy is known to the agent only")
    void byteBuddy() {
        check(noClasses().that().resideOutsideOfPackage(ROOT + ".agent..").should().dependOnClassesThat()
                .resideInAPackage("net.bytebuddy.."));
    }

    @Test
    @DisplayName("oncrpc4j and Grizzly are known only to the packages that face them")
    void oncrpc4j() {
        DescribedPredicate<JavaClass> application = describe("of oncrpc4j or Grizzly", c -> !isOurs(c)
                && (c.getPackageName().startsWith("org.dcache.") || c.getPackageName().startsWith("org.glassfish.")));
        check(noClasses().that(describe("lie outside " + KNOW_ONCRPC4J, c -> !KNOW_ONCRPC4J.contains(part(c))))
                .should().dependOnClassesThat(application));
    }

    @Test
    @DisplayName("the codec depends on the JDK only")
    void protoIsPure() {
        check(classes().that().resideInAPackage(ROOT + ".proto..").should().onlyDependOnClassesThat()
                .resideInAnyPackage("java..", ROOT + ".proto.."));
    }

    @Test
    @DisplayName("no sockets, channels or file descriptors in the codec, the verbs SPI and the connection engine, but where RDMA comes on "
            + "a TCP port of others")
    void noSockets() {
        DescribedPredicate<JavaClass> sockets = describe("sockets, channels or file descriptors",
                c -> c.getPackageName().startsWith("java.nio.channels") || c.getName().equals("java.io.FileDescriptor")
                        || c.getPackageName().equals("java.net") && c.getSimpleName().endsWith("Socket"));
        Set<String> sharers = Set.of(ROOT + ".verbs.SharedPort", ROOT + ".xprt.Acceptor");
        check(noClasses().that().resideInAnyPackage(ROOT + ".proto..", ROOT + ".verbs..", ROOT + ".xprt..")
                .and(describe("take no part in it", c -> !sharers.contains(c.getName()))).should().dependOnClassesThat(sockets));
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(production);
        if (forJava22 != null) {
            rule.allowEmptyShould(true).check(forJava22);
        }
    }

    private static boolean isOurs(JavaClass c) {
        return c.getPackageName().equals(ROOT) || c.getPackageName().startsWith(ROOT + ".");
    }

    private static boolean isPart(JavaClass c) {
        return c.getPackageName().equals(PARTS);
    }

    /** The package's name below the root; the class's own package where it is not below. */
    private static String below(JavaClass c) {
        String name = c.getPackageName();
        return name.startsWith(ROOT + ".") ? name.substring(ROOT.length() + 1) : name;
    }

    /** The first part of that. */
    private static String part(JavaClass c) {
        String below = below(c);
        int dot = below.equals(c.getPackageName()) ? -1 : below.indexOf('.');
        return dot < 0 ? below : below.substring(0, dot);
    }
}
