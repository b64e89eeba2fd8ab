// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.jvm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/** The agent jar as it was assembled, and copies of it in which entries are replaced. */
public final class AgentJar {

    private static final String SERVICE = "inst/META-INF/services/org.dcache.oncrpc4j.rdma.spi.RpcTransportProvider";

    private AgentJar() {}

    /** The deliverable. */
    public static Path path() {
        String given = System.getProperty("agent.jar");
        Path jar = Path.of(given != null ? given : "../nfs4j-integration/target/oncrpc4j-rdma-agent.jar").toAbsolutePath().normalize();
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException("expected the agent jar at " + jar + ", got no file; run: mvn package");
        }
        return jar;
    }

    /** A copy with another transport provider, whose class and nested classes are added to it. */
    public static Path withProvider(Path target, Class<?> provider) {
        Map<String, byte[]> changes = new LinkedHashMap<>();
        changes.put(SERVICE, provider.getName().getBytes(StandardCharsets.UTF_8));
        String prefix = provider.getName().replace('.', '/');
        Path classes = ClassPaths.testClasses();
        try (var files = Files.list(classes.resolve(prefix).getParent())) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.equals(provider.getSimpleName() + ".class") || name.startsWith(provider.getSimpleName() + "$")) {
                    changes.put("inst/" + prefix.substring(0, prefix.lastIndexOf('/') + 1) + name, Files.readAllBytes(file));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return with(target, changes);
    }

    /** A copy without any transport provider. */
    public static Path withoutProvider(Path target) {
        Map<String, byte[]> changes = new LinkedHashMap<>();
        changes.put(SERVICE, null);
        return with(target, changes);
    }

    /** A copy in which entries are replaced or added, or, where the value is null, left out. */
    public static Path with(Path target, Map<String, byte[]> changes) {
        try (JarFile jar = new JarFile(path().toFile());
                JarOutputStream out = new JarOutputStream(Files.newOutputStream(target), jar.getManifest())) {
            for (JarEntry entry : jar.stream().toList()) {
                if (changes.containsKey(entry.getName()) || entry.getName().equals(JarFile.MANIFEST_NAME) || entry.isDirectory()) {
                    continue;
                }
                out.putNextEntry(new JarEntry(entry.getName()));
                try (InputStream in = jar.getInputStream(entry)) {
                    in.transferTo(out);
                }
                out.closeEntry();
            }
            for (Map.Entry<String, byte[]> change : changes.entrySet()) {
                if (change.getValue() != null) {
                    out.putNextEntry(new JarEntry(change.getKey()));
                    out.write(change.getValue());
                    out.closeEntry();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return target;
    }
}
