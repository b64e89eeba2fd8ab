// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import net.bytebuddy.ByteBuddy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SectionLoaderTest {

    @TempDir
    Path folder;

    private JarFile jar;
    private SectionLoader loader;

    @BeforeEach
    void makeJar() throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("outside/Top.class", new ByteBuddy().subclass(Object.class).name("outside.Top").make().getBytes());
        entries.put("inst/inside/Service.class", new ByteBuddy().subclass(Object.class).name("inside.Service")
                .implement(Runnable.class).intercept(net.bytebuddy.implementation.StubMethod.INSTANCE).make().getBytes());
        entries.put("inst/META-INF/services/java.lang.Runnable", "inside.Service".getBytes(StandardCharsets.UTF_8));
        entries.put("inst/inside/text", "17".getBytes(StandardCharsets.UTF_8));
        entries.put("inst22/inside/text", "22".getBytes(StandardCharsets.UTF_8));
        Path path = folder.resolve("agent with a blank.jar");
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().putValue("Manifest-Version", "1.0");
        manifest.getMainAttributes().putValue("Implementation-Version", "1.2.3");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(path), manifest)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                out.putNextEntry(new JarEntry(entry.getKey()));
                out.write(entry.getValue());
                out.closeEntry();
            }
        }
        jar = new JarFile(path.toFile());
        loader = new SectionLoader("test", jar, path.toUri().toString(), getClass().getClassLoader());
    }

    @AfterEach
    void close() throws IOException {
        jar.close();
    }

    @Test
    void definesClassesOfTheSectionWithTheirPackageAndCodeSource() throws Exception {
        Class<?> type = loader.loadClass("inside.Service");

        assertThat(type.getClassLoader()).isSameAs(loader);
        assertThat(type.getPackage().getImplementationVersion()).isEqualTo("1.2.3");
        assertThat(type.getProtectionDomain().getCodeSource().getLocation().toString()).endsWith("agent%20with%20a%20blank.jar!/inst/");
    }

    @Test
    void doesNotSeeTheTopLevel() {
        assertThatThrownBy(() -> loader.loadClass("outside.Top")).isInstanceOf(ClassNotFoundException.class);
        assertThat(loader.getResource("outside/Top.class")).isNull();
    }

    @Test
    void findsServicesOfTheSection() {
        assertThat(ServiceLoader.load(Runnable.class, loader).stream().map(p -> p.type().getName())).contains("inside.Service");
    }

    @Test
    void prefersTheSectionForNewerJvms() throws IOException {
        boolean newer = Runtime.version().feature() >= 22;
        assertThat(text(loader.getResource("inside/text"))).isEqualTo(newer ? "22" : "17");
        assertThat(Collections.list(loader.getResources("inside/text"))).hasSize(newer ? 2 : 1);
    }

    @Test
    void asksItsParentFirst() throws ClassNotFoundException {
        assertThat(loader.loadClass(getClass().getName())).isSameAs(getClass());
    }

    private static String text(URL url) throws IOException {
        try (InputStream in = url.openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
