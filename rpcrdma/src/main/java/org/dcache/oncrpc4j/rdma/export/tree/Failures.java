// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The status for an exception. The JDK gives errno only as the text of strerror, hence the table; {@code rpcrdma serve} starts its JVM with
 * English messages. Stateless.
 */
public final class Failures {

    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    private static final Map<String, NfsStat3> ERRNO = Map.ofEntries(
            Map.entry("Operation not permitted", NfsStat3.NFS3ERR_PERM),
            Map.entry("Permission denied", NfsStat3.NFS3ERR_ACCES),
            Map.entry("No such file or directory", NfsStat3.NFS3ERR_NOENT),
            Map.entry("No such device or address", NfsStat3.NFS3ERR_NXIO),
            Map.entry("File exists", NfsStat3.NFS3ERR_EXIST),
            Map.entry("Invalid cross-device link", NfsStat3.NFS3ERR_XDEV),
            Map.entry("Not a directory", NfsStat3.NFS3ERR_NOTDIR),
            Map.entry("Is a directory", NfsStat3.NFS3ERR_ISDIR),
            Map.entry("Invalid argument", NfsStat3.NFS3ERR_INVAL),
            Map.entry("Text file busy", NfsStat3.NFS3ERR_ACCES),
            Map.entry("Stale file handle", NfsStat3.NFS3ERR_STALE),
            Map.entry("File too large", NfsStat3.NFS3ERR_FBIG),
            Map.entry("No space left on device", NfsStat3.NFS3ERR_NOSPC),
            Map.entry("Read-only file system", NfsStat3.NFS3ERR_ROFS),
            Map.entry("Too many links", NfsStat3.NFS3ERR_MLINK),
            Map.entry("File name too long", NfsStat3.NFS3ERR_NAMETOOLONG),
            Map.entry("Directory not empty", NfsStat3.NFS3ERR_NOTEMPTY),
            Map.entry("Disk quota exceeded", NfsStat3.NFS3ERR_DQUOT),
            Map.entry("Too many open files", NfsStat3.NFS3ERR_JUKEBOX),
            Map.entry("Too many open files in system", NfsStat3.NFS3ERR_JUKEBOX),
            Map.entry("Too many levels of symbolic links", NfsStat3.NFS3ERR_INVAL));

    private Failures() {}

    public static NfsStat3 status(IOException e) {
        NfsStat3 status = known(e);
        if (status == null) {
            LOG.warn("an operation on the exported files failed, the client is told NFS3ERR_IO", e);
            return NfsStat3.NFS3ERR_IO;
        }
        return status;
    }

    /** As {@link #status(IOException)}, but null, and nothing in the log, where the status says no more than that it failed. */
    public static NfsStat3 known(IOException e) {
        if (e instanceof Nfs3Exception known) {
            return known.status();
        } else if (e instanceof NoSuchFileException) {
            return NfsStat3.NFS3ERR_NOENT;
        } else if (e instanceof FileAlreadyExistsException) {
            return NfsStat3.NFS3ERR_EXIST;
        } else if (e instanceof DirectoryNotEmptyException) {
            return NfsStat3.NFS3ERR_NOTEMPTY;
        } else if (e instanceof AccessDeniedException) {
            return NfsStat3.NFS3ERR_ACCES;
        } else if (e instanceof NotDirectoryException) {
            return NfsStat3.NFS3ERR_NOTDIR;
        } else if (e instanceof FileSystemLoopException) {
            return NfsStat3.NFS3ERR_INVAL;
        }
        String reason = e instanceof FileSystemException fs ? fs.getReason() : e.getMessage();
        return reason == null ? null : ERRNO.get(reason);
    }

    public static NfsStat3 status(RuntimeException e) {
        if (e instanceof ReadOnlyFileSystemException) {
            return NfsStat3.NFS3ERR_ROFS;
        } else if (e instanceof UnsupportedOperationException) {
            return NfsStat3.NFS3ERR_NOTSUPP;
        }
        throw e;
    }
}
