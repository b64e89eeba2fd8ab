// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.SetTime3;

/**
 * Makes files and sets attributes with java.nio.file. Stateless.
 *
 * <p>A new file is accessible to the process alone at first, then gets its owner, then its mode, so that it never has more rights than it
 * should. A process that is not root cannot change owners; its files stay its own.
 */
public final class PathChanges {

    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private static final int PRIVATE = 0600;

    /** Prefix of the names of files that are not ready yet. */
    public static final String UNREADY = ".nfs-create-";

    private static final boolean PRIVILEGED = ProcessUser.current().uid() == 0;

    private PathChanges() {}

    /** @return the new file or directory, open to be forced to the disk; null if it is of another kind, which cannot be opened for that */
    static FileChannel create(Path path, Creation creation) throws IOException {
        FileChannel ready = creation.times() == null ? null : ready(path, creation);
        return ready == null ? make(path, creation) : ready;
    }

    /**
     * Makes a file that has its times from the first moment on which its name is there, also if the server is killed: it is made under
     * another name and then linked. The other name stays only if this process is killed meanwhile, until the client asks again.
     *
     * @return null if the file system has no hard links; nothing was made then
     * @throws java.nio.file.FileAlreadyExistsException if the path is there
     */
    private static FileChannel ready(Path path, Creation creation) throws IOException {
        Path unready = path.resolveSibling(UNREADY + HexFormat.of().toHexDigits(creation.times().atime().time().seconds())
                + HexFormat.of().toHexDigits(creation.times().mtime().time().seconds()));
        if (Files.isRegularFile(unready, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(unready);
        } else if (Files.exists(unready, LinkOption.NOFOLLOW_LINKS)) {
            // Somebody else's, on this machine: no client can make such a name.
            return null;
        }
        FileChannel made = null;
        boolean linked = false;
        try {
            made = make(unready, creation);
            linked = linked(path, unready);
            return linked ? made : null;
        } finally {
            Files.deleteIfExists(unready);
            if (!linked && made != null) {
                made.close();
            }
        }
    }

    private static boolean linked(Path path, Path unready) throws IOException {
        try {
            Files.createLink(path, unready);
            return true;
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException e) {
            return false;
        }
    }

    private static FileChannel make(Path path, Creation creation) throws IOException {
        switch (creation.type()) {
            case NF3REG -> {
                return completed(path, creation, FileChannel.open(path,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS), PRIVATE_FILE));
            }
            case NF3DIR -> {
                Files.createDirectory(path, PRIVATE_DIRECTORY);
                return completed(path, creation, opened(path));
            }
            case NF3LNK -> UnixCalls.symlink(creation.target().bytes(), path);
            default -> UnixCalls.mknod(path, FileStat.type(creation.type()) | PRIVATE, FileStat.device(creation.device()));
        }
        return completed(path, creation, null);
    }

    /** Linux takes fsync on a directory; the JDK opens one for reading. */
    static FileChannel directory(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    }

    /** A directory that was just made; it is removed if it cannot be opened. */
    private static FileChannel opened(Path path) throws IOException {
        try {
            return directory(path);
        } catch (IOException | RuntimeException | Error e) {
            remove(path, e);
            throw e;
        }
    }

    /** @param made returned; if something fails it is closed, and what was just made is removed: it is not what the client wants */
    private static FileChannel completed(Path path, Creation creation, FileChannel made) throws IOException {
        try {
            complete(path, creation);
            return made;
        } catch (IOException | RuntimeException | Error e) {
            try (FileChannel closed = made) {
                remove(path, e);
                throw e;
            }
        }
    }

    private static void remove(Path path, Throwable cause) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    private static void complete(Path path, Creation creation) throws IOException {
        if (creation.times() != null) {
            times(path, creation.type(), creation.times());
        }
        if (PRIVILEGED) {
            own(path, creation.uid(), creation.gid());
        }
        if (creation.type() != FileType3.NF3LNK) {
            mode(path, creation.type(), within(path, creation.mode()));
        }
    }

    /** The mode that a file would get from the kernel in that directory, where a default ACL may restrict it. */
    private static int within(Path path, int mode) throws IOException {
        PosixAcl inherited = PosixAcl.of(path.getParent(), PosixAcl.DEFAULT);
        return inherited == null ? mode : inherited.within(mode);
    }

    /** @param change the size is not looked at */
    static void setAttributes(Path path, FileType3 type, Sattr3 change) throws IOException {
        if (change.uid() != null || change.gid() != null) {
            own(path, change.uid(), change.gid());
        }
        if (change.mode() != null && type != FileType3.NF3LNK) {
            mode(path, type, change.mode());
        }
        if (!change.atime().equals(SetTime3.DONT_CHANGE) || !change.mtime().equals(SetTime3.DONT_CHANGE)) {
            times(path, type, change);
        }
    }

    /** @param uid null to leave it */
    private static void own(Path path, Integer uid, Integer gid) throws IOException {
        if (uid != null) {
            Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
        }
        if (gid != null) {
            Files.setAttribute(path, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
        }
    }

    /** With NOFOLLOW_LINKS the JDK opens the file, which must not be done to a FIFO or device; those are no links anyway. */
    private static void mode(Path path, FileType3 type, int mode) throws IOException {
        boolean opens = type == FileType3.NF3REG || type == FileType3.NF3DIR;
        LinkOption[] options = opens && PRIVILEGED ? new LinkOption[] {LinkOption.NOFOLLOW_LINKS} : new LinkOption[0];
        Files.setAttribute(path, "unix:mode", mode & 07777, options);
    }

    /** The JDK's view opens what it sets the times of, for which a FIFO waits for somebody at its other end. */
    private static void times(Path path, FileType3 type, Sattr3 change) throws IOException {
        FileTime now = FileTime.from(Instant.now());
        BasicFileAttributeView view = Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        FileTime atime = time(change.atime(), now);
        FileTime mtime = time(change.mtime(), now);
        if (type == FileType3.NF3REG || type == FileType3.NF3DIR) {
            try {
                view.setTimes(mtime, atime, null);
                return;
            } catch (AccessDeniedException e) {
                // The owner need not be allowed to open it.
            }
        }
        BasicFileAttributes old = view.readAttributes();
        UnixCalls.times(path, atime == null ? old.lastAccessTime() : atime, mtime == null ? old.lastModifiedTime() : mtime);
    }

    /** Null to leave it. */
    private static FileTime time(SetTime3 time, FileTime now) {
        if (time.equals(SetTime3.DONT_CHANGE)) {
            return null;
        }
        return time.time() == null ? now : FileTime.from(time.time().toInstant());
    }
}
