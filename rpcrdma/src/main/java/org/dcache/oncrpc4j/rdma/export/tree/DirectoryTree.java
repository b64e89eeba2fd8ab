// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.List;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;

/**
 * A directory of the default file system, which must have the "unix" attribute view.
 *
 * <p>Handles name inodes ({@link InodeHandle}), so they survive renames, and restarts where the file system allows it ({@link
 * FileIdentity}). The path to an inode is remembered ({@link InodeIndex}) or searched for ({@link InodeSearch}), and checked each time: the
 * file at its end must be that inode, and no directory of the path a symbolic link. The latter may have been checked some milliseconds ago
 * ({@link RealDirectories}), but not before a file is opened or a name changed. Together with {@link TreeLocks} no client can lead the
 * server out of the directory. A local user who may write in the directory and races with the server could: do not export a directory that
 * untrusted local users can write in.
 *
 * <p>Only one file system: what is mounted below the directory is not exported. What changes is forced to the disk by {@link Durability}.
 */
public final class DirectoryTree implements ExportTree {

    private static final int KNOWN_INODES = 1 << 17;
    private static final int OPEN_FILES = 256;
    private static final int MAX_LEVELS = 1024;
    private static final int OWNER_WRITES = 0200;

    private final Path root;
    private final FileStat rootStat;
    private final FileIdentity identity;
    private final InodeIndex index;
    private final Listings listings = new Listings();
    private final InodeSearch search;
    private final CopyUps copyUps;
    private final RealDirectories directories = new RealDirectories();
    private final OpenFiles open;
    private final Durability durability;
    private final SecureRandom random = new SecureRandom();
    private final Acls acls = new Acls();

    /**
     * @param directory to export
     * @param readOnly never write to it
     * @param durable force changes of names and attributes to the disk before they are acknowledged
     * @param fsid an id of the file system for file handles, which survive a restart as long as it stays the same; null for its UUID
     * @throws NotDirectoryException if it is something else
     */
    public DirectoryTree(Path directory, boolean readOnly, boolean durable, String fsid) throws IOException {
        this(directory, readOnly, durable, fsid, KNOWN_INODES);
    }

    /** @param inodes that are remembered */
    DirectoryTree(Path directory, boolean readOnly, boolean durable, String fsid, int inodes) throws IOException {
        UnixCalls.require();
        this.index = new InodeIndex(inodes);
        this.root = directory.toRealPath();
        this.rootStat = FileStat.of(root);
        if (!rootStat.attributes().isDirectory()) {
            throw new NotDirectoryException(directory.toString());
        }
        this.identity = FileIdentity.of(root, rootStat, readOnly, fsid);
        this.copyUps = new CopyUps(root, identity, index);
        this.search = new InodeSearch(root, rootStat.device(), listings);
        this.open = new OpenFiles(OPEN_FILES);
        this.durability = new Durability(this, durable && !readOnly);
    }

    /** With the file system's UUID as its id. */
    public DirectoryTree(Path directory, boolean readOnly, boolean durable) throws IOException {
        this(directory, readOnly, durable, null);
    }

    @Override
    public Node root() throws IOException {
        FileStat stat = FileStat.of(root);
        if (stat.device() != rootStat.device() || stat.inode() != rootStat.inode()) {
            throw stale("expected " + root + " to be the directory that it was at the start, got another one: was something mounted there,"
                    + " or unmounted?");
        }
        return new PathNode(handle(stat, root), stat.inode(), root, stat.attributes(), acls);
    }

    // ---- finding

    @Override
    public Node resolve(FileHandle handle) throws IOException {
        InodeHandle wanted = InodeHandle.decode(handle);
        if (wanted.export() == identity.export() && wanted.inode() == rootStat.inode()) {
            return root();
        }
        if (wanted.export() != identity.run()) {
            throw stale("expected a handle of this export, got one of another export, or from before the server's start");
        }
        if (wanted.generation() < 0 && !handle.equals(index.handle(wanted.inode()))) {
            throw stale("the handle is of an earlier file with this inode number");
        }
        for (InodeIndex.Place place : index.places(wanted.inode())) {
            Path directory = directories.path(place.directory());
            Path path = directory != null ? PathNames.child(directory, place.name()) : way(place, 0);
            FileStat stat = directory != null ? at(path, wanted.inode()) : verified(path, wanted.inode());
            if (stat == null && directory != null) {
                path = way(place, 0);
                stat = verified(path, wanted.inode());
            }
            if (stat != null) {
                if (directory == null) {
                    directories.seen(place.directory(), path.getParent());
                }
                return node(path, stat, place, wanted);
            }
        }
        if (wanted.generation() < 0) {
            throw stale("the file is not where it was, and without times of birth nothing tells it from another one");
        }
        Path path = SearchNeeded.found(handle, () -> search.find(wanted));
        if (path == null) {
            throw stale("the file is gone");
        }
        FileStat stat = verified(path, wanted.inode());
        if (stat == null) {
            throw SearchNeeded.again(handle, () -> search.find(wanted));
        }
        return node(path, stat, place(path), wanted);
    }

    private static InodeIndex.Place place(Path path) throws IOException {
        return new InodeIndex.Place(FileStat.of(path.getParent()).inode(), PathNames.bytes(path.getFileName()));
    }

    /** After a restart a file that was renamed may have another handle than clients have of it. */
    @Override
    public Object file(FileHandle handle) {
        try {
            return InodeHandle.decode(handle).inode();
        } catch (Nfs3Exception e) {
            return handle;
        }
    }

    private static Nfs3Exception stale(String why) {
        return new Nfs3Exception(NfsStat3.NFS3ERR_STALE, why);
    }

    /** The path to a place; null if it is not known. */
    private Path way(InodeIndex.Place place, int level) {
        Path directory = root;
        if (place.directory() != rootStat.inode()) {
            List<InodeIndex.Place> places = level == MAX_LEVELS ? List.of() : index.places(place.directory());
            directory = places.isEmpty() ? null : way(places.get(0), level + 1);
        }
        return directory == null ? null : PathNames.child(directory, place.name());
    }

    /** What is at a path, if it is that inode, and no directory on the way a symbolic link; else null. */
    private FileStat verified(Path path, long inode) throws IOException {
        FileStat stat = at(path, inode);
        return stat != null && isReal(path.getParent()) ? stat : null;
    }

    private static boolean isReal(Path directory) throws IOException {
        try {
            return directory.toRealPath().equals(directory);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Before something is opened or changed: {@link #directories} may be some milliseconds old. */
    private void requireReal(Path directory) throws IOException {
        if (!isReal(directory)) {
            directories.forget();
            throw stale(directory + " is no longer where it was");
        }
    }

    /** What is at a path, if it is that inode; else null. */
    private FileStat at(Path path, long inode) throws IOException {
        if (path == null) {
            return null;
        }
        try {
            FileStat stat = FileStat.of(path);
            return stat.inode() == inode && stat.device() == rootStat.device() ? stat : null;
        } catch (IOException e) {
            NfsStat3 status = Failures.status(e);
            if (status == NfsStat3.NFS3ERR_NOENT || status == NfsStat3.NFS3ERR_NOTDIR || status == NfsStat3.NFS3ERR_INVAL) {
                return null;
            }
            throw e;
        }
    }

    /**
     * The node of a file that was found.
     *
     * @param presented the handle that it was found by, which it keeps if it has none yet, so that a client sees the same handle after a
     *        restart; null if it was found by its name
     */
    private PathNode node(Path path, FileStat stat, InodeIndex.Place place, InodeHandle presented) throws Nfs3Exception {
        int generation = identity.generation(stat);
        boolean same = presented != null && presented.generation() == generation;
        FileHandle handle = index.seen(stat.inode(), generation, place, () -> {
            search.exists(stat.inode());
            return same ? presented.encode() : handle(stat, path);
        });
        if (presented != null && !same && !presented.encode().equals(handle)) {
            throw stale("the inode is another file now");
        }
        return new PathNode(handle, stat.inode(), path, stat.attributes(), acls);
    }

    /** A file that was just found in a directory. */
    private PathNode child(Node directory, NfsText name) throws IOException {
        PathNode dir = PathNode.of(directory);
        Path path = PathNames.child(dir.path(), name);
        FileStat stat = FileStat.of(path);
        if (stat.device() != rootStat.device()) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_ACCES, "another file system is mounted there");
        }
        return node(path, stat, new InodeIndex.Place(dir.inode(), name), null);
    }

    private FileHandle handle(FileStat stat, Path path) {
        Path way = root.relativize(path);
        int depth = path.equals(root) ? 0 : Math.min(way.getNameCount(), InodeHandle.MAX_DEPTH);
        short[] names = new short[depth];
        for (int i = 0; i < depth; i++) {
            names[i] = Listing.hash(PathNames.bytes(way.getName(i)));
        }
        if (path.equals(root)) {
            return new InodeHandle(identity.export(), stat.inode(), 0, names).encode();
        }
        int generation = identity.generation(stat);
        if (generation == 0 && !identity.lasting()) {
            generation = random.nextInt() | Integer.MIN_VALUE;
        }
        return new InodeHandle(identity.run(), stat.inode(), generation, names).encode();
    }

    @Override
    public Fattr3 attributes(Node node) throws IOException {
        FileStat stat = FileStat.of(PathNode.of(node).path());
        if (stat.inode() != PathNode.of(node).inode()) {
            throw stale("another file has its name");
        }
        return stat.attributes();
    }

    @Override
    public Node lookup(Node directory, NfsText name) throws IOException {
        return child(directory, name);
    }

    @Override
    public Node parent(Node directory) throws IOException {
        Path path = PathNode.of(directory).path();
        if (path.equals(root) || path.getParent().equals(root)) {
            return root();
        }
        Path parent = path.getParent();
        return node(parent, FileStat.of(parent), place(parent), null);
    }

    @Override
    public Listing list(Node directory) throws IOException {
        Path path = PathNode.of(directory).path();
        return listings.of(directory.attributes(), () -> {
            requireReal(path);
            return PathNames.in(path);
        });
    }

    @Override
    public boolean isEmpty(Node directory) throws IOException {
        Path path = PathNode.of(directory).path();
        requireReal(path);
        return PathNames.hasNone(path);
    }

    // ---- names

    @Override
    public void names(Node directory, Unforced later) throws IOException {
        durability.names(PathNode.of(directory), later);
    }

    @Override
    public Node create(Node directory, NfsText name, Creation creation, Unforced later) throws IOException {
        requireReal(PathNode.of(directory).path());
        Path path = PathNames.child(PathNode.of(directory).path(), name);
        FileChannel made;
        try (CopyUps.Change copied = copyUps.of(PathNode.of(directory).path())) {
            made = PathChanges.create(path, creation);
        }
        if (made == null || creation.type() != FileType3.NF3REG) {
            durability.made(made, later);
            return child(directory, name, path);
        }
        PathNode node;
        try {
            node = child(directory, name, path);
        } catch (IOException | RuntimeException | Error e) {
            durability.made(made, later);
            throw e;
        }
        if (mayOpenToWrite(node.attributes().mode())) {
            durability.made(made, later);
        } else {
            durability.made(new FileInUse(open.keep(node.inode(), made), durability), later);
        }
        return node;
    }

    /** A file that was just made. */
    private PathNode child(Node directory, NfsText name, Path path) throws IOException {
        if (FileStat.of(path).device() != rootStat.device()) {
            Files.delete(path);
            throw new Nfs3Exception(NfsStat3.NFS3ERR_SERVERFAULT, root + " is an overlay of several file systems, mount it with xino=on");
        }
        return child(directory, name);
    }

    /** Whether the process can open a file of its own for writing. */
    private static boolean mayOpenToWrite(int mode) {
        return ProcessUser.current().uid() == 0 || (mode & OWNER_WRITES) != 0;
    }

    @Override
    public void link(Node file, Node directory, NfsText name) throws IOException {
        requireReal(PathNode.of(directory).path());
        requireReal(PathNode.of(file).path().getParent());
        Path path = PathNames.child(PathNode.of(directory).path(), name);
        try (CopyUps.Change copied = copyUps.of(PathNode.of(directory).path(), PathNode.of(file).path())) {
            Files.createLink(path, PathNode.of(file).path());
        }
        child(directory, name);
    }

    @Override
    public void remove(Node directory, NfsText name, Node victim) throws IOException {
        PathNode gone = PathNode.of(victim);
        requireReal(PathNode.of(directory).path());
        directories.forget();
        try (CopyUps.Change copied = copyUps.of(PathNode.of(directory).path())) {
            Files.delete(gone.path());
        }
        unnamed(gone, new InodeIndex.Place(PathNode.of(directory).inode(), name));
    }

    @Override
    public void rename(Node from, NfsText name, Node moved, Node to, NfsText newName, Node replaced) throws IOException {
        PathNode source = PathNode.of(from);
        PathNode target = PathNode.of(to);
        requireReal(source.path());
        requireReal(target.path());
        directories.forget();
        boolean directory = moved.attributes().isDirectory();
        if (directory) {
            search.moved();
        }
        Path path = PathNames.child(target.path(), newName);
        try (CopyUps.Change copied = copyUps.of(source.path(), target.path())) {
            Files.move(PathNode.of(moved).path(), path, StandardCopyOption.ATOMIC_MOVE);
        }
        InodeIndex.Place place = new InodeIndex.Place(target.inode(), newName);
        if (replaced != null) {
            unnamed(PathNode.of(replaced), place);
        }
        index.left(PathNode.of(moved).inode(), new InodeIndex.Place(source.inode(), name));
        copyUps.moved(PathNode.of(moved), path);
        if (directory) {
            search.moved();
        } else {
            search.exists(PathNode.of(moved).inode());
        }
        child(to, newName);
    }

    /** Notes that a file lost a name; without names left the file is gone. */
    private void unnamed(PathNode file, InodeIndex.Place place) {
        if (file.attributes().isDirectory() || file.attributes().nlink() <= 1) {
            index.gone(file.inode());
            open.discard(file.inode());
        } else {
            index.left(file.inode(), place);
        }
    }

    @Override
    public NfsText readlink(Node link) throws IOException {
        return new NfsText(UnixCalls.readlink(PathNode.of(link).path()));
    }

    // ---- attributes and data

    @Override
    public void change(Node node, Sattr3 change, Unforced later) throws IOException {
        PathNode file = PathNode.of(node);
        requireReal(file.path().equals(root) ? root : file.path().getParent());
        boolean opened = durability.attributes(file, later);
        boolean closes = change.mode() != null && file.attributes().type() == FileType3.NF3REG && !mayOpenToWrite(change.mode());
        if (closes && mayOpenToWrite(file.attributes().mode()) && file.attributes().uid() == ProcessUser.current().uid()) {
            // Clients make a file with a verifier first and give it its mode then; who made it has it open.
            use(file, true).close();
        }
        try (CopyUps.Change copied = copyUps.of(file.path())) {
            PathChanges.setAttributes(file.path(), file.attributes().type(), change);
        }
        if (closes) {
            open.keepLong(file.inode());
        }
        if (!opened) {
            durability.attributes(file, later);
        }
    }

    /** Opens a file, then checks the path: if the inode is still there, it is what was opened. */
    private FileChannel open(PathNode file, StandardOpenOption how) throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(file.path(), how, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw stale("the file has just been removed");
        }
        try {
            if (verified(file.path(), file.inode()) == null) {
                throw stale("another file has its name");
            }
            return channel;
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    private FileChannel toWrite(PathNode file) throws IOException {
        try (CopyUps.Change copied = copyUps.of(file.path())) {
            return open(file, StandardOpenOption.WRITE);
        }
    }

    private OpenFiles.Use use(PathNode file, boolean write) throws IOException {
        return open.use(file.inode(), write, () -> write ? toWrite(file) : open(file, StandardOpenOption.READ));
    }

    @Override
    public OpenFile open(Node node, Access access) throws IOException {
        PathNode file = PathNode.of(node);
        return new FileInUse(access == Access.FORCE ? useToForce(file) : use(file, access == Access.WRITE), durability);
    }

    /** Any channel will do; the process may be allowed one of two only. */
    private OpenFiles.Use useToForce(PathNode file) throws IOException {
        try {
            return open.useAny(file.inode(), () -> open(file, StandardOpenOption.READ));
        } catch (AccessDeniedException e) {
            return use(file, true);
        }
    }

    @Override
    public long lostWrites() {
        return durability.lostWrites();
    }

    @Override
    public Space space() {
        // Not by FileStore, which fails where the mount point is out of sight, as in a chroot.
        File file = root.toFile();
        return new Space(file.getTotalSpace(), file.getFreeSpace(), file.getUsableSpace(), Space.UNKNOWN, Space.UNKNOWN);
    }

    @Override
    public void close() {
        open.close();
    }
}
