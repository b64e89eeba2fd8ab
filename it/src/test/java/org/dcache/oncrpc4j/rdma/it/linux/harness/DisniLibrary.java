// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * DiSNI's native library, which neither DiSNI's jar nor a package contains: it is built from its sources (docs/providers.md) and looked for
 * in the directory that {@code ONCRPC4J_RDMA_DISNI} names, and in those of {@code make install} and of the JVM.
 */
public final class DisniLibrary {

    private static final String VARIABLE = "ONCRPC4J_RDMA_DISNI";
    private static final String NAME = "libdisni.so";
    private static final List<String> DIRECTORIES = List.of("/usr/local/lib", "/usr/java/packages/lib", "/usr/lib64", "/lib64", "/usr/lib",
            "/lib");

    private DisniLibrary() {}

    /** The library; skips the test with the reason if there is none. The guests see this machine's files, except those in /tmp and /run. */
    public static Path require() {
        Optional<Path> found = Stream.concat(Optional.ofNullable(System.getenv(VARIABLE)).stream(), DIRECTORIES.stream())
                .map(directory -> Path.of(directory, NAME)).filter(Files::isReadable)
                .findFirst();
        String reason = NAME + " is not in " + String.join(", ", DIRECTORIES)
                + "; build it from DiSNI's sources (docs/providers.md), and set " + VARIABLE + " to its directory if that is another";
        if (found.isEmpty()) {
            System.out.println("skipped: " + reason);
        }
        assumeTrue(found.isPresent(), reason);
        return found.orElseThrow();
    }
}
