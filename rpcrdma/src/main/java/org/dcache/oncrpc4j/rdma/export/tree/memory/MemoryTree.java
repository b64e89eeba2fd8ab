// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree.memory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.export.tree.Creation;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.Listing;
import org.dcache.oncrpc4j.rdma.export.tree.Listings;
import org.dcache.oncrpc4j.rdma.export.tree.Nfs3Exception;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.export.tree.Space;
import org.dcache.oncrpc4j.rdma.export.tree.Unforced;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;

/**
 * A tree in memory, empty at first, gone at the end. Handles of an earlier tree are stale.
 *
 * <p>Not a memory file system behind java.nio.file, such as jimfs, because NFS needs what that interface does not have: numeric owners,
 * special files, names that are bytes, handles. The tree guards names and parents, each {@link MemoryNode} the rest of itself.
 */
public final class MemoryTree implements ExportTree {

    private static final int ROOT_MODE = 01777;

    private final long instance = new SecureRandom().nextLong();
    private final Budget budget;
    private final Map<Long, MemoryNode> nodes = new HashMap<>();
    private final Listings listings = new Listings();
    private final MemoryNode root;
    private long lastId;

    /** @param budget most bytes of data, names and what a file takes besides */
    public MemoryTree(long budget) {
        this.budget = new Budget(budget);
        this.root = node(new Creation(FileType3.NF3DIR, ROOT_MODE, 0, 0, null, null, null));
        root.parent = root;
        root.linked(2);
    }

    /** Of a file, but for its data. */
    private static int bytes(NfsText target) {
        return Budget.FILE + (target == null ? 0 : target.length());
    }

    private synchronized MemoryNode node(Creation creation) {
        long id = ++lastId;
        FileHandle handle = new FileHandle(ByteBuffer.allocate(2 * Long.BYTES).putLong(instance).putLong(id).array());
        MemoryFile data = creation.type() == FileType3.NF3REG ? new MemoryFile(budget) : null;
        MemoryNode node = new MemoryNode(id, handle, instance, creation, data);
        nodes.put(id, node);
        return node;
    }

    @Override
    public Node root() {
        return root;
    }

    @Override
    public synchronized Node resolve(FileHandle handle) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(handle.bytes());
        if (bytes.limit() != 2 * Long.BYTES) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_BADHANDLE, "not a handle of this server");
        }
        MemoryNode node = bytes.getLong() == instance ? nodes.get(bytes.getLong()) : null;
        if (node == null) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_STALE, "the file is gone");
        }
        return node;
    }

    @Override
    public Fattr3 attributes(Node node) {
        return node.attributes();
    }

    @Override
    public synchronized Node lookup(Node directory, NfsText name) throws IOException {
        MemoryNode child = of(directory).children.get(name);
        if (child == null) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_NOENT, "no name '" + name + "'");
        }
        return child;
    }

    private static MemoryNode of(Node node) {
        return (MemoryNode) node;
    }

    @Override
    public synchronized Node parent(Node directory) {
        return of(directory).parent;
    }

    @Override
    public Listing list(Node directory) throws IOException {
        return listings.of(directory.attributes(), () -> names(of(directory)));
    }

    private synchronized List<NfsText> names(MemoryNode directory) {
        return List.copyOf(directory.children.keySet());
    }

    private void requireFree(MemoryNode directory, NfsText name) throws Nfs3Exception {
        if (directory.children.containsKey(name)) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_EXIST, "the name '" + name + "' is taken");
        }
        if (directory.links() == 0) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_STALE, "the directory is gone");
        }
    }

    @Override
    public void names(Node directory, Unforced later) {
        // Nothing here outlives the process, so nothing is forced.
    }

    @Override
    public synchronized Node create(Node directory, NfsText name, Creation creation, Unforced later) throws IOException {
        MemoryNode dir = of(directory);
        requireFree(dir, name);
        budget.take(Budget.NAME + bytes(creation.target()));
        MemoryNode node = node(creation);
        node.linked(1);
        if (creation.type() == FileType3.NF3DIR) {
            node.parent = dir;
            node.linked(1);
            dir.linked(1);
        }
        dir.children.put(name, node);
        dir.changed();
        return node;
    }

    @Override
    public synchronized void link(Node file, Node directory, NfsText name) throws IOException {
        MemoryNode dir = of(directory);
        requireFree(dir, name);
        budget.take(Budget.NAME);
        of(file).linked(1);
        dir.children.put(name, of(file));
        dir.changed();
    }

    @Override
    public synchronized void remove(Node directory, NfsText name, Node victim) throws IOException {
        MemoryNode dir = of(directory);
        MemoryNode gone = of(victim);
        if (dir.children.get(name) != gone) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_NOENT, "'" + name + "' is no longer the name of that file");
        }
        if (gone.children != null && !gone.children.isEmpty()) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_NOTEMPTY, "the directory is not empty");
        }
        dir.children.remove(name);
        unnamed(dir, gone);
        dir.changed();
    }

    private void unnamed(MemoryNode directory, MemoryNode file) {
        file.linked(-1);
        budget.giveBack(Budget.NAME);
        if (file.children != null) {
            file.linked(-1);
            directory.linked(-1);
        }
        if (file.links() == 0) {
            nodes.remove(file.id);
            budget.giveBack(bytes(file.target));
            if (file.data != null) {
                file.data.discard();
            }
        }
    }

    @Override
    public synchronized void rename(Node from, NfsText name, Node moved, Node to, NfsText newName, Node replaced) {
        MemoryNode source = of(from);
        MemoryNode target = of(to);
        MemoryNode node = of(moved);
        if (replaced != null) {
            unnamed(target, of(replaced));
        }
        source.children.remove(name);
        target.children.put(newName, node);
        if (node.children != null) {
            node.parent = target;
            source.linked(-1);
            target.linked(1);
        }
        node.linked(0);
        source.changed();
        target.changed();
    }

    @Override
    public NfsText readlink(Node link) {
        return of(link).target;
    }

    @Override
    public void change(Node node, Sattr3 change, Unforced later) {
        of(node).set(change);
    }

    @Override
    public OpenFile open(Node node, Access access) {
        MemoryNode file = of(node);
        return new OpenFile() {
            @Override
            public int read(long offset, ByteBuffer target) {
                return file.data.read(offset, target);
            }

            @Override
            public void write(long offset, ByteBuffer source) throws IOException {
                file.data.write(offset, source);
                file.changed();
            }

            @Override
            public void resize(long size) {
                file.data.resize(size);
                file.changed();
            }

            @Override
            public void force(boolean metadata) {
                // Nothing here outlives the process, so there is nothing to wait for.
            }

            @Override
            public void close() {
                // Nothing was opened.
            }
        };
    }

    @Override
    public Space space() {
        long free = budget.left();
        return new Space(budget.total(), free, free, Space.UNKNOWN, Space.UNKNOWN);
    }

    @Override
    public synchronized void close() {
        nodes.clear();
    }
}
