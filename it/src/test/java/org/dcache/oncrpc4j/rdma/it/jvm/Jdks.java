// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.jvm;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/** JDKs on this machine: the one that runs the tests, and those installed beside it. */
public final class Jdks {

    private Jdks() {}

    /** A JDK of at least this version; the one that runs the tests if it is new enough. */
    public static Optional<Path> atLeast(int feature) {
        Path own = Path.of(System.getProperty("java.home"));
        if (Runtime.version().feature() >= feature) {
            return Optional.of(own);
        }
        List<Path> beside;
        try (Stream<Path> folders = Files.list(own.getParent())) {
            beside = folders.sorted().toList();
        } catch (IOException e) {
            return Optional.empty();
        }
        return beside.stream().filter(home -> versionOf(home) >= feature).findFirst();
    }

    /** The version by the file {@code release} that every JDK has; 0 if it is no JDK. */
    private static int versionOf(Path home) {
        Properties release = new Properties();
        try (InputStream in = Files.newInputStream(home.resolve("release"))) {
            release.load(in);
        } catch (IOException e) {
            return 0;
        }
        String version = release.getProperty("JAVA_VERSION", "0").replace("\"", "");
        return Integer.parseInt(version.split("\\.")[0]);
    }
}
