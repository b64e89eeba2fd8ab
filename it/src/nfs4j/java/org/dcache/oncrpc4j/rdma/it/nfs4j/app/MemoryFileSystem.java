// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j.app;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.security.auth.Subject;
import org.dcache.nfs.status.ExistException;
import org.dcache.nfs.status.InvalException;
import org.dcache.nfs.status.NoEntException;
import org.dcache.nfs.status.NotDirException;
import org.dcache.nfs.status.NotEmptyException;
import org.dcache.nfs.status.NotSuppException;
import org.dcache.nfs.status.StaleException;
import org.dcache.nfs.util.UnixSubjects;
import org.dcache.nfs.v4.NfsIdMapping;
import org.dcache.nfs.v4.SimpleIdMap;
import org.dcache.nfs.v4.xdr.nfsace4;
import org.dcache.nfs.vfs.AclCheckable;
import org.dcache.nfs.vfs.DirectoryEntry;
import org.dcache.nfs.vfs.DirectoryStream;
import org.dcache.nfs.vfs.FsStat;
import org.dcache.nfs.vfs.Inode;
import org.dcache.nfs.vfs.Stat;
import org.dcache.nfs.vfs.VirtualFileSystem;

/**
 * A file system in memory for nfs4j, with what that of its basic server does not have: access control lists, and a switch that tells pNFS
 * clients to ask for layouts. Its monitor guards everything; a handle is the node's number.
 */
public class MemoryFileSystem implements VirtualFileSystem {

    private final Map<Long, MemoryNode> nodes = new HashMap<>();
    private final NfsIdMapping ids = new SimpleIdMap();
    private final boolean layouts;

    public MemoryFileSystem(boolean layouts) {
        this.layouts = layouts;
        add(null, Stat.Type.DIRECTORY, 0777, null);
    }

    private MemoryNode add(MemoryNode parent, Stat.Type type, int mode, Subject subject) {
        boolean known = subject != null && !UnixSubjects.isNobodySubject(subject);
        MemoryNode node = new MemoryNode(nodes.size() + 1L, parent, type, mode, known ? (int) UnixSubjects.getUid(subject) : 0,
                known ? (int) UnixSubjects.getPrimaryGid(subject) : 0);
        nodes.put(node.number, node);
        return node;
    }

    private MemoryNode node(Inode inode) throws StaleException {
        MemoryNode node = nodes.get(ByteBuffer.wrap(inode.getFileId()).getLong());
        if (node == null) {
            throw new StaleException("no such node");
        }
        return node;
    }

    private MemoryNode directory(Inode inode) throws IOException {
        MemoryNode node = node(inode);
        if (node.stat().type() != Stat.Type.DIRECTORY) {
            throw new NotDirException();
        }
        return node;
    }

    private MemoryNode child(Inode parent, String name) throws IOException {
        MemoryNode child = directory(parent).children.get(name);
        if (child == null) {
            throw new NoEntException(name);
        }
        return child;
    }

    private MemoryNode make(Inode parent, Stat.Type type, String name, Subject subject, int mode) throws IOException {
        MemoryNode directory = directory(parent);
        if (directory.children.containsKey(name)) {
            throw new ExistException(name);
        }
        MemoryNode node = add(directory, type, mode, subject);
        directory.children.put(name, node);
        directory.changed();
        return node;
    }

    @Override
    public int access(Subject subject, Inode inode, int mode) {
        return mode;
    }

    @Override
    public synchronized Inode create(Inode parent, Stat.Type type, String name, Subject subject, int mode) throws IOException {
        return make(parent, type, name, subject, mode).inode();
    }

    @Override
    public synchronized Inode mkdir(Inode parent, String name, Subject subject, int mode) throws IOException {
        return make(parent, Stat.Type.DIRECTORY, name, subject, mode).inode();
    }

    @Override
    public synchronized Inode symlink(Inode parent, String name, String link, Subject subject, int mode) throws IOException {
        MemoryNode node = make(parent, Stat.Type.SYMLINK, name, subject, mode);
        node.link = link;
        return node.inode();
    }

    @Override
    public synchronized String readlink(Inode inode) throws IOException {
        return node(inode).link;
    }

    @Override
    public FsStat getFsStat() {
        return new FsStat(1L << 40, 1 << 20, 0, nodes.size());
    }

    @Override
    public synchronized Inode getRootInode() {
        return nodes.get(1L).inode();
    }

    @Override
    public synchronized Inode lookup(Inode parent, String name) throws IOException {
        return child(parent, name).inode();
    }

    @Override
    public Inode link(Inode parent, Inode link, String name, Subject subject) throws IOException {
        throw new NotSuppException();
    }

    @Override
    public synchronized DirectoryStream list(Inode inode, byte[] verifier, long cookie) throws IOException {
        MemoryNode directory = directory(inode);
        List<DirectoryEntry> entries = new ArrayList<>();
        directory.children.forEach((name, node) -> entries.add(new DirectoryEntry(name, node.inode(), node.stat(), node.number)));
        return new DirectoryStream(directoryVerifier(inode), entries);
    }

    @Override
    public byte[] directoryVerifier(Inode inode) {
        return DirectoryStream.ZERO_VERIFIER;
    }

    @Override
    public synchronized boolean move(Inode source, String oldName, Inode target, String newName) throws IOException {
        MemoryNode node = child(source, oldName);
        directory(target).children.put(newName, node);
        directory(source).children.remove(oldName);
        directory(source).changed();
        directory(target).changed();
        return true;
    }

    @Override
    public synchronized Inode parentOf(Inode inode) throws IOException {
        return node(inode).parent.inode();
    }

    @Deprecated
    @Override
    public int read(Inode inode, byte[] data, long offset, int count) throws IOException {
        return read(inode, ByteBuffer.wrap(data, 0, count), offset);
    }

    @Override
    public synchronized int read(Inode inode, ByteBuffer data, long offset) throws IOException {
        return node(inode).read(data, offset);
    }

    @Override
    public synchronized void remove(Inode parent, String name) throws IOException {
        MemoryNode node = child(parent, name);
        if (!node.children.isEmpty()) {
            throw new NotEmptyException();
        }
        directory(parent).children.remove(name);
        directory(parent).changed();
    }

    @Deprecated
    @Override
    public WriteResult write(Inode inode, byte[] data, long offset, int count, StabilityLevel level) throws IOException {
        return write(inode, ByteBuffer.wrap(data, 0, count), offset, level);
    }

    @Override
    public synchronized WriteResult write(Inode inode, ByteBuffer data, long offset, StabilityLevel level) throws IOException {
        int n = data.remaining();
        if (offset + n > Integer.MAX_VALUE) {
            throw new InvalException("too large for this file system");
        }
        node(inode).write(data, offset);
        return new WriteResult(StabilityLevel.FILE_SYNC, n);
    }

    @Override
    public void commit(Inode inode, long offset, int count) {}

    @Override
    public synchronized Stat getattr(Inode inode) throws IOException {
        return node(inode).stat();
    }

    @Override
    public synchronized void setattr(Inode inode, Stat stat) throws IOException {
        node(inode).set(stat);
    }

    @Override
    public synchronized nfsace4[] getAcl(Inode inode) throws IOException {
        return node(inode).acl;
    }

    @Override
    public synchronized void setAcl(Inode inode, nfsace4[] acl) throws IOException {
        node(inode).acl = acl;
    }

    @Override
    public synchronized boolean hasIOLayout(Inode inode) throws IOException {
        return layouts && node(inode).stat().type() == Stat.Type.REGULAR;
    }

    @Override
    public AclCheckable getAclCheckable() {
        return AclCheckable.UNDEFINED_ALL;
    }

    @Override
    public NfsIdMapping getIdMapper() {
        return ids;
    }

    @Override
    public boolean getCaseInsensitive() {
        return false;
    }

    @Override
    public boolean getCasePreserving() {
        return true;
    }
}
