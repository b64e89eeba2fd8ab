// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;

/**
 * Keeps handles good where this server's changes give files other times of birth: before an overlay changes a file of a lower layer, it
 * copies it up, and the directories above it. What had the time of birth of its handle before a change keeps the handle afterwards. On
 * other file systems this does nothing. Any thread; who looks at a file just while it is copied up may be told that it is another one.
 */
final class CopyUps {

    private final Path root;
    private final FileIdentity identity;
    private final InodeIndex index;

    CopyUps(Path root, FileIdentity identity, InodeIndex index) {
        this.root = root;
        this.identity = identity;
        this.index = index;
    }

    private record Known(Path path, long inode, FileHandle handle) {}

    /** A change is going on. Closed after it, also when it has failed. */
    interface Change extends AutoCloseable {

        @Override
        void close();
    }

    /** @param paths of what is changed, which stays there */
    Change of(Path... paths) {
        List<Known> known = new ArrayList<>();
        if (identity.births() && !identity.lasting()) {
            for (Path path : paths) {
                for (Path at = path; at.startsWith(root) && !at.equals(root); at = at.getParent()) {
                    FileStat stat = FileStat.orNull(at);
                    FileHandle handle = stat == null ? null : index.handle(stat.inode(), identity.generation(stat));
                    if (handle != null) {
                        known.add(new Known(at, stat.inode(), handle));
                    }
                }
            }
        }
        return () -> known.forEach(file -> again(file.inode(), file.handle(), file.path()));
    }

    private void again(long inode, FileHandle handle, Path path) {
        FileStat stat = FileStat.orNull(path);
        if (stat != null && stat.inode() == inode) {
            index.reborn(inode, handle, identity.generation(stat));
        }
    }

    /** A file was moved. */
    void moved(PathNode file, Path path) {
        if (identity.births() && !identity.lasting()) {
            again(file.inode(), file.handle(), path);
        }
    }
}
