// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree.memory;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.export.tree.Creation;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.SetTime3;
import org.dcache.oncrpc4j.rdma.nfs3.SpecData3;

/** A file of a {@link MemoryTree}. Guarded by the node itself, except children and parent, which the tree guards. */
final class MemoryNode implements Node {

    final long id;
    final FileHandle handle;
    final FileType3 type;
    final SpecData3 device;
    /** Of a symbolic link; else null. */
    final NfsText target;
    /** Of a regular file; else null. */
    final MemoryFile data;
    /** Of a directory; else null. */
    final Map<NfsText, MemoryNode> children;
    /** Of a directory; itself for the root. */
    MemoryNode parent;

    private final long fsid;
    private int mode;
    private int uid;
    private int gid;
    private int links;
    private Instant atime = Instant.now();
    private Instant mtime = atime;
    private Instant ctime = atime;

    MemoryNode(long id, FileHandle handle, long fsid, Creation creation, MemoryFile data) {
        this.id = id;
        this.handle = handle;
        this.fsid = fsid;
        this.type = creation.type();
        this.device = creation.device() == null ? SpecData3.NONE : creation.device();
        this.target = creation.target();
        this.data = data;
        this.children = type == FileType3.NF3DIR ? new HashMap<>() : null;
        this.mode = creation.mode();
        this.uid = creation.uid();
        this.gid = creation.gid();
    }

    @Override
    public FileHandle handle() {
        return handle;
    }

    @Override
    public synchronized Fattr3 attributes() {
        long size = data != null ? data.size() : target != null ? target.length() : 4096;
        long used = data != null ? data.used() : size;
        return new Fattr3(type, mode, links, uid, gid, size, used, device, fsid, id, NfsTime3.of(atime), NfsTime3.of(mtime),
                NfsTime3.of(ctime));
    }

    synchronized void set(Sattr3 change) {
        Instant now = now();
        // The mode of a symbolic link means nothing, and Linux does not change it.
        mode = change.mode() == null || type == FileType3.NF3LNK ? mode : change.mode() & 07777;
        uid = change.uid() == null ? uid : change.uid();
        gid = change.gid() == null ? gid : change.gid();
        atime = time(change.atime(), atime, now);
        mtime = time(change.mtime(), change.size() == null ? mtime : now, now);
        ctime = now;
    }

    private static Instant time(SetTime3 time, Instant old, Instant now) {
        if (time.equals(SetTime3.DONT_CHANGE)) {
            return old;
        }
        return time.time() == null ? now : time.time().toInstant();
    }

    /** The time of a change; two changes never have the same one, whatever the clock's tick, because clients see changes by it. */
    private Instant now() {
        Instant now = Instant.now();
        return now.isAfter(ctime) ? now : ctime.plusNanos(1);
    }

    /** Notes that the data, or the names in a directory, changed. */
    synchronized void changed() {
        ctime = now();
        mtime = ctime;
    }

    synchronized void linked(int by) {
        links += by;
        ctime = now();
    }

    synchronized int links() {
        return links;
    }
}
