// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.jvm;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.dcache.oncrpc4j.rdma.nfsclient.Nfs3Client;
import org.dcache.oncrpc4j.rdma.tool.bench.app.FileRange;

/**
 * Class paths for processes under test: oncrpc4j with its dependencies, and of this project only what an application has: the test
 * applications, and for those of NFS the NFS client and the export.
 */
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

    /** oncrpc4j and the test applications, which use nothing else. */
    public static List<Path> application() {
        List<Path> all = new ArrayList<>(oncrpc4j());
        all.add(applicationJar());
        return all;
    }

    /** The package of the test applications alone, in a jar. */
    public static Path applicationJar() {
        return ApplicationJar.PATH;
    }

    /** oncrpc4j, the NFS client, the export and their protocol, and the programs of the NFS tests. */
    public static List<Path> nfsApplication() {
        List<Path> all = new ArrayList<>(oncrpc4j());
        all.add(NfsApplicationJar.PATH);
        return all;
    }

    /** The programs of the tests that run nfs4j in JVMs of its own, with what they share with the benchmarks, in a jar. */
    public static Path domainJar() {
        return DomainJar.PATH;
    }

    /** Packs some packages, named by their folders below this project's root package, from where a class was loaded from. */
    private static void pack(ZipOutputStream zip, Class<?> from, String... folders) throws IOException, URISyntaxException {
        Path place = Path.of(from.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (Files.isDirectory(place)) {
            pack(zip, place, folders);
            return;
        }
        try (FileSystem jar = FileSystems.newFileSystem(place)) {
            pack(zip, jar.getPath("/"), folders);
        }
    }

    private static void pack(ZipOutputStream zip, Path classes, String... folders) throws IOException {
        for (String folder : folders) {
            try (Stream<Path> files = Files.walk(classes.resolve("org/dcache/oncrpc4j/rdma").resolve(folder))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    zip.putNextEntry(new ZipEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
                    Files.copy(file, zip);
                    zip.closeEntry();
                }
            }
        }
    }

    private interface Packing {
        void into(ZipOutputStream zip) throws IOException, URISyntaxException;
    }

    private static Path jar(String name, Packing packing) {
        Path jar = testClasses().resolveSibling(name);
        try (OutputStream out = Files.newOutputStream(jar); ZipOutputStream zip = new ZipOutputStream(out)) {
            packing.into(zip);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
        return jar;
    }

    /** Packed once per test JVM. */
    private static final class ApplicationJar {

        static final Path PATH = jar("rpc-application.jar", zip -> pack(zip, ClassPaths.class, "it/app"));
    }

    /** Packed once per test JVM. */
    private static final class NfsApplicationJar {

        static final Path PATH = jar("nfs-application.jar", zip -> {
            pack(zip, ClassPaths.class, "it/nfs/app");
            pack(zip, Nfs3Client.class, "nfs3", "nfsclient", "export", "tool/counters");
        });
    }

    /** Packed once per test JVM. */
    private static final class DomainJar {

        static final Path PATH = jar("nfs4j-domain.jar", zip -> {
            pack(zip, ClassPaths.class, "it/nfs4j/app");
            pack(zip, FileRange.class, "tool/bench/app");
        });
    }

    /** All classes of the tests. Never on the class path of an application, which must not find the transport's classes there. */
    static Path testClasses() {
        try {
            return Path.of(ClassPaths.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
