// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The compiled classes of a module's folder, loaded but not initialized. For tests about tests. */
public final class TestClasses {

    private TestClasses() {}

    /** All classes in the folder that this class itself was loaded from: this module's test classes. */
    public static List<Class<?>> ofThisModule() {
        try {
            return in(Path.of(TestClasses.class.getProtectionDomain().getCodeSource().getLocation().toURI()));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** All classes in a folder of the class path. */
    public static List<Class<?>> in(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.map(f -> folder.relativize(f).toString())
                    .filter(f -> f.endsWith(".class") && !f.endsWith("-info.class"))
                    .sorted().<Class<?>>map(TestClasses::load).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Class<?> load(String file) {
        String name = file.substring(0, file.length() - ".class".length()).replace('/', '.').replace('\\', '.');
        try {
            return Class.forName(name, false, TestClasses.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
