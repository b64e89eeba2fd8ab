// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;

/**
 * Loads classes and resources from sections of the agent jar: {@code inst/}, and before it {@code inst22/} where the JVM is new enough.
 *
 * <p>Parent first, as usual: when the application has the transport on its own class path, there is one copy of it, the application's. The
 * jar is read in place, it stays open as long as the JVM runs, and no file is unpacked. Any thread; parallel capable.
 */
final class SectionLoader extends ClassLoader {

    static {
        registerAsParallelCapable();
    }

    private final JarFile jar;
    private final String base;
    private final List<Section> sections = new ArrayList<>();

    /** @param base URL text of the jar */
    SectionLoader(String name, JarFile jar, String base, ClassLoader parent) {
        super(name, parent);
        this.jar = jar;
        this.base = base;
        try {
            if (Runtime.version().feature() >= 22) {
                sections.add(new Section("inst22/"));
            }
            sections.add(new Section("inst/"));
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("agent jar at " + base, e);
        }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        String path = name.replace('.', '/') + ".class";
        for (Section section : sections) {
            ZipEntry entry = jar.getEntry(section.prefix + path);
            if (entry != null) {
                byte[] bytes = read(entry);
                definePackageOf(name);
                return defineClass(name, bytes, 0, bytes.length, section.domain);
            }
        }
        throw new ClassNotFoundException(name);
    }

    @Override
    protected URL findResource(String name) {
        for (Section section : sections) {
            URL url = section.find(name);
            if (url != null) {
                return url;
            }
        }
        return null;
    }

    @Override
    protected Enumeration<URL> findResources(String name) {
        List<URL> found = new ArrayList<>();
        for (Section section : sections) {
            URL url = section.find(name);
            if (url != null) {
                found.add(url);
            }
        }
        return Collections.enumeration(found);
    }

    private byte[] read(ZipEntry entry) {
        try (InputStream in = jar.getInputStream(entry)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + entry.getName() + " of " + jar.getName(), e);
        }
    }

    private void definePackageOf(String className) {
        int dot = className.lastIndexOf('.');
        String packageName = dot < 0 ? "" : className.substring(0, dot);
        if (dot < 0 || getDefinedPackage(packageName) != null) {
            return;
        }
        try {
            definePackage(packageName, null, null, null, manifest(Attributes.Name.IMPLEMENTATION_TITLE),
                    manifest(Attributes.Name.IMPLEMENTATION_VERSION), null, null);
        } catch (IllegalArgumentException e) {
            // Another thread has just defined it.
            assert getDefinedPackage(packageName) != null : e;
        }
    }

    private String manifest(Attributes.Name name) {
        try {
            Manifest manifest = jar.getManifest();
            return manifest == null ? null : manifest.getMainAttributes().getValue(name);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the manifest of " + jar.getName(), e);
        }
    }

    /** A folder of the jar. */
    private final class Section {

        private final String prefix;
        private final ProtectionDomain domain;

        Section(String prefix) throws MalformedURLException {
            this.prefix = prefix;
            URL location = new URL("jar:" + base + "!/" + prefix);
            this.domain = new ProtectionDomain(new CodeSource(location, (Certificate[]) null), null, SectionLoader.this, null);
        }

        URL find(String name) {
            if (jar.getEntry(prefix + name) == null) {
                return null;
            }
            try {
                return new URL("jar:" + base + "!/" + prefix + name);
            } catch (MalformedURLException e) {
                throw new IllegalArgumentException(name, e);
            }
        }
    }
}
