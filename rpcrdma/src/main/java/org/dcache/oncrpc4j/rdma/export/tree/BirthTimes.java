// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Whether the times of birth that the JDK tells are real. Where it, or the file system, does not know them it gives the time of the last
 * change instead, which would make a file another one with each change. Stateless.
 */
final class BirthTimes {

    private static final Set<String> FILE_SYSTEMS = Set.of("ext4", "xfs", "btrfs", "f2fs");

    private BirthTimes() {}

    /** The answer is the same at each start, so that handles stay the same. */
    static boolean areKept(Path directory) throws IOException {
        return FILE_SYSTEMS.contains(Files.getFileStore(directory).type()) && known();
    }

    /** The JDK's own files were changed, by whoever packed them, before they came into being here. */
    private static boolean known() {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.home")))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                FileStat stat = FileStat.of(file);
                if (stat.born().toMillis() / 1000 != Integer.toUnsignedLong(stat.attributes().mtime().seconds())) {
                    return true;
                }
            }
        } catch (IOException e) {
            return false;
        }
        return false;
    }
}
