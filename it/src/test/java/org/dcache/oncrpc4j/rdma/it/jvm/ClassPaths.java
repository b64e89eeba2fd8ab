// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.jvm;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Class paths for processes under test: oncrpc4j and what it needs, and nothing of this project but the test applications. */
public final class ClassPaths {

    private static final List<String> APPLICATION =
            List.of("oncrpc4j-core", "grizzly", "jakarta", "gmbal", "pfl", "guava", "failureaccess", "slf4j");

    private ClassPaths() {}

    /** oncrpc4j 3.4 with its dependencies, and SLF4J. */
    public static List<Path> oncrpc4j() {
        return Stream.of(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")).split(File.pathSeparator))
                .map(Path::of)
                .filter(path -> APPLICATION.stream().anyMatch(path.getFileName().toString()::startsWith))
                .toList();
    }

    /** oncrpc4j, and the test applications, which know nothing else. */
    public static List<Path> application() {
        List<Path> all = new ArrayList<>(oncrpc4j());
        all.add(applicationJar());
        return all;
    }

    /** The package of the test applications alone, in a jar. */
    public static Path applicationJar() {
        return ApplicationJar.PATH;
    }

    private static Path pack() {
        Path classes = testClasses();
        Path jar = classes.resolveSibling("rpc-application.jar");
        try (OutputStream out = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(out);
                Stream<Path> files = Files.walk(classes.resolve("org/dcache/oncrpc4j/rdma/it/app"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                zip.putNextEntry(new ZipEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
                Files.copy(file, zip);
                zip.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return jar;
    }

    /** Packed once per test JVM. */
    private static final class ApplicationJar {

        static final Path PATH = pack();
    }

    /** All classes of the tests; never on the class path of an application, which must find nothing of ours there. */
    static Path testClasses() {
        try {
            return Path.of(ClassPaths.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
