// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.jvm;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

/** JDKs on this machine: the one that runs the tests, and those installed beside it. */
public final class Jdks {

    private Jdks() {}

    /** A JDK of at least this version; the one that runs the tests if it is new enough. */
    public static Optional<Path> atLeast(int feature) {
        Map<Integer, Path> newer = all().tailMap(feature, true);
        return Optional.ofNullable(newer.get(Runtime.version().feature())).or(() -> newer.values().stream().findFirst());
    }

    /** By version, from 17 on; one of each, the one that runs the tests of its version. */
    public static NavigableMap<Integer, Path> all() {
        Path own = Path.of(System.getProperty("java.home"));
        NavigableMap<Integer, Path> all = new TreeMap<>();
        try (Stream<Path> folders = Files.list(own.getParent())) {
            folders.sorted().forEach(home -> all.putIfAbsent(versionOf(home), home));
        } catch (IOException e) {
            // Only the own one, then.
        }
        all.put(Runtime.version().feature(), own);
        return all.tailMap(17, true);
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
