// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Whether the files of an overlay have inode numbers of their own. With layers on several file systems, and without {@code xino}, a file
 * has the inode number of its present layer and a pseudo device number: nothing that a handle could name. Stateless.
 */
final class OverlayLayers {

    /** Entries to look at. An overlay without files shows nothing. */
    private static final int MAX_ENTRIES = 1000;

    private OverlayLayers() {}

    /** @throws IOException if a file lies on another device than the directory */
    static void requireOne(Path root, long device) throws IOException {
        Deque<Path> directories = new ArrayDeque<>();
        directories.add(root);
        int looked = 0;
        while (!directories.isEmpty()) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directories.remove())) {
                for (Path entry : entries) {
                    FileStat stat = FileStat.of(entry);
                    if (stat.attributes().isDirectory() && stat.device() == device) {
                        directories.add(entry);
                    } else if (!stat.attributes().isDirectory() && stat.device() != device
                            && !MountPoint.isOne(entry)) {
                        throw new IOException(root + " is an overlay of several file systems, whose files have no inode numbers of their"
                                + " own, so it cannot be exported: mount it with xino=on, or its layers from one file system");
                    }
                    if (++looked >= MAX_ENTRIES) {
                        return;
                    }
                }
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
        }
    }
}
