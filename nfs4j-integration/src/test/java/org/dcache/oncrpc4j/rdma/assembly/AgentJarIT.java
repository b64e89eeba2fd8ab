// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What lies in the agent jar, package by package and service by service. Every production JVM loads what is in it: so a new package is
 * added here on purpose, and nothing of the tool is ever in it. What a class in the jar refers to must be in the jar, or be of the JDK or
 * the application.
 */
class AgentJarIT {

    private static final String ROOT = "org.dcache.oncrpc4j.rdma.";
    private static final String OURS = "org/dcache/oncrpc4j/rdma/";

    /** Top level: what the application sees. */
    private static final Set<String> SEEN = Set.of("agent", "agent/hook");

    /** Below {@code inst/}: what only our own loaders see; each with its sub-packages. */
    private static final Set<String> HIDDEN = Set.of("agent/bridge", "agent/weave", "config", "disni", "iwarp", "metrics", "nfs", "proto",
            "rdmacore", "rpc", "spi", "sysfs", "verbs", "xprt");

    private JarFile jar;

    @BeforeEach
    void open() throws IOException {
        String given = System.getProperty("agent.jar");
        jar = new JarFile(given != null ? given : "target/oncrpc4j-rdma-agent.jar");
    }

    @AfterEach
    void close() throws IOException {
        jar.close();
    }

    @Test
    @DisplayName("the application sees the agent and the hook, and nothing else")
    void topLevel() {
        assertThat(packagesBelow("")).isEqualTo(new TreeSet<>(SEEN));
        assertThat(names()).filteredOn(name -> name.endsWith(".class") && !name.startsWith("inst")).allMatch(name -> name.startsWith(OURS));
    }

    @Test
    @DisplayName("below inst there are the transport, its weave and the bindings for NFS, and ByteBuddy")
    void hidden() {
        Set<String> unexpected = new TreeSet<>();
        Set<String> found = new TreeSet<>();
        for (String name : packagesBelow("inst/")) {
            HIDDEN.stream().filter(known -> name.equals(known) || name.startsWith(known + "/")).findAny()
                    .ifPresentOrElse(found::add, () -> unexpected.add(name));
        }
        assertThat(unexpected).as("packages that nobody expects").isEmpty();
        assertThat(found).isEqualTo(new TreeSet<>(HIDDEN));
        assertThat(names()).filteredOn(name -> name.startsWith("inst/") && !name.endsWith("/") && !name.startsWith("inst/" + OURS))
                .allMatch(name -> name.startsWith("inst/net/bytebuddy/") || name.startsWith("inst/META-INF/services/"));
    }

    @Test
    @DisplayName("below inst22 there is the provider for libibverbs, when the build had a JDK for it")
    void hiddenForJava22() {
        Set<String> expected = Boolean.getBoolean("java22.skip") ? Set.of() : Set.of("rdmacore");
        Set<String> firstParts = packagesBelow("inst22/").stream().map(name -> name.replaceFirst("/.*", "")).collect(Collectors.toSet());
        assertThat(firstParts).isEqualTo(expected);
    }

    @Test
    @DisplayName("a JVM gets these services and no others")
    void services() throws IOException {
        String folder = "inst/META-INF/services/";
        assertThat(names()).filteredOn(name -> name.contains("META-INF/services/") && !name.endsWith("/")).containsExactlyInAnyOrder(
                folder + ROOT + "spi.RpcTransportProvider", folder + ROOT + "spi.UpperLayerBinding", folder + ROOT + "verbs.VerbsProvider");
        assertThat(implementations("spi.RpcTransportProvider")).containsExactly("rpc.RdmaTransportProvider");
        assertThat(implementations("verbs.VerbsProvider")).containsExactly("rdmacore.RdmaCoreProvider", "disni.DisniProvider",
                "iwarp.IwarpProvider");
        assertThat(implementations("spi.UpperLayerBinding")).containsExactlyInAnyOrder("nfs.MountBinding", "nfs.Nfs2Binding",
                "nfs.Nfs3Binding", "nfs.NfsAclBinding", "nfs.Nfs4Binding", "nfs.Nfs4CallbackBinding");
    }

    @Test
    @DisplayName("every class can be linked: what it refers to of ours is in the jar")
    void complete() throws IOException {
        List<JavaClass> classes = new ArrayList<>();
        for (String section : List.of(OURS, "inst/" + OURS, "inst22/" + OURS)) {
            if (names().stream().anyMatch(name -> name.startsWith(section))) {
                new ClassFileImporter().importUrl(new URL("jar:" + Path.of(jar.getName()).toUri() + "!/" + section)).forEach(classes::add);
            }
        }
        Set<String> there = classes.stream().map(JavaClass::getName).collect(Collectors.toSet());
        assertThat(there).hasSizeGreaterThan(300);
        Set<String> missing = new TreeSet<>();
        for (JavaClass c : classes) {
            c.getDirectDependenciesFromSelf().stream().map(d -> d.getTargetClass().getBaseComponentType().getName())
                    .filter(name -> name.startsWith(ROOT) && !there.contains(name))
                    .forEach(name -> missing.add(c.getName() + " needs " + name));
        }
        assertThat(missing).isEmpty();
    }

    private Set<String> names() {
        return jar.stream().map(ZipEntry::getName).collect(Collectors.toSet());
    }

    /** Our packages with classes in a section, below the root. */
    private Set<String> packagesBelow(String section) {
        String prefix = section + OURS;
        return names().stream().filter(name -> name.startsWith(prefix) && name.endsWith(".class"))
                .map(name -> name.substring(prefix.length(), name.lastIndexOf('/'))).collect(Collectors.toCollection(TreeSet::new));
    }

    private List<String> implementations(String service) throws IOException {
        ZipEntry entry = jar.getEntry("inst/META-INF/services/" + ROOT + service);
        return new String(jar.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8).lines()
                .map(line -> line.substring(ROOT.length())).toList();
    }
}
