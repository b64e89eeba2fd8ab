// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What tells one file of an exported file system from all others, also from those that had its inode number before or will have it later.
 * Found out once, at the start; what is missing is logged.
 *
 * <p>Where the file system keeps times of birth, inode number and time of birth identify a file for as long as the file system exists.
 * Without them, and in an overlay, where the time of birth changes when a file is copied up, handles are good only while this process runs;
 * but for the handle of the directory that is exported.
 * Immutable.
 *
 * @param export of the directory that is exported: of the file system, by the id that the admin gave, its UUID, or else its device number,
 *        and of the directory in it
 * @param run of all that is in it: the same, or where handles do not last one of this process
 * @param births whether times of birth are known
 * @param lasting whether they stay
 */
record FileIdentity(int export, int run, boolean births, boolean lasting) {

    private static final Logger LOG = LoggerFactory.getLogger(FileIdentity.class);
    private static final String OVERLAY = "overlay";

    /**
     * @param readOnly make no file to find out whether times of birth are kept
     * @param fsid an id for the file system that stays the same; null to find one
     */
    static FileIdentity of(Path root, FileStat stat, boolean readOnly, String fsid) throws IOException {
        MountPoint mount = MountPoint.of(root);
        boolean births = BirthTimes.areKept(root, readOnly);
        boolean lasting = births && !mount.type().isEmpty() && !mount.type().equals(OVERLAY);
        if (mount.type().equals(OVERLAY)) {
            OverlayLayers.requireOne(root, stat.device());
        }
        String id = fsid != null ? fsid : mount.uuid();
        if (!lasting) {
            LOG.warn("{} is on {}, where files with the same inode number cannot be told apart after a restart: file handles are good while"
                    + " this server runs, after a restart clients get ESTALE for open files and must mount directories below / again{}",
                    root, mount.type().isEmpty() ? "an unknown file system" : mount.type(),
                    births ? "" : "; and do not replace files there while clients have them open");
        } else if (id == null) {
            LOG.warn("{} is on a file system without a UUID ({}): file handles are good as long as its device number stays the same;"
                    + " --fsid gives it an id of its own", root, mount.type());
        }
        int export = Objects.hash(id == null ? String.valueOf(stat.device()) : id, stat.inode(), lasting ? stat.born() : null);
        return new FileIdentity(export, lasting ? export : new SecureRandom().nextInt(), births, lasting);
    }

    /** A number that stands for the time of birth of a file; 0 if that is not known. */
    int generation(FileStat stat) {
        return births && stat.born().getEpochSecond() != 0 ? Math.max(1, stat.born().hashCode() & Integer.MAX_VALUE) : 0;
    }
}
