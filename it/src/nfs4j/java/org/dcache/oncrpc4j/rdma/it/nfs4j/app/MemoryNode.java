// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j.app;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.TreeMap;
import org.dcache.nfs.v4.xdr.nfsace4;
import org.dcache.nfs.vfs.Inode;
import org.dcache.nfs.vfs.Stat;

/** A file, directory or symbolic link of {@link MemoryFileSystem}, which guards it. */
final class MemoryNode {

    private static final int BLOCK = 4096;

    final long number;
    final MemoryNode parent;
    final TreeMap<String, MemoryNode> children = new TreeMap<>();
    private final Stat stat = new Stat();
    nfsace4[] acl = {};
    String link = "";
    private byte[] data = {};

    MemoryNode(long number, MemoryNode parent, Stat.Type type, int mode, int uid, int gid) {
        this.number = number;
        this.parent = parent == null ? this : parent;
        stat.setIno(number);
        stat.setDev(17);
        stat.setRdev(0);
        stat.setNlink(1);
        stat.setMode(type.toMode() | mode & 07777);
        stat.setUid(uid);
        stat.setGid(gid);
        stat.setSize(type == Stat.Type.REGULAR ? 0 : BLOCK);
        stat.setATime(now());
        stat.setBTime(now());
        changed();
    }

    private static long now() {
        return System.currentTimeMillis();
    }

    void changed() {
        stat.setMTime(now());
        stat.setCTime(now());
        stat.setGeneration(stat.isDefined(Stat.StatAttribute.GENERATION) ? stat.getGeneration() + 1 : 1);
    }

    Inode inode() {
        return Inode.forFile(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    }

    Stat stat() {
        return stat.clone();
    }

    void set(Stat given) {
        if (given.isDefined(Stat.StatAttribute.SIZE)) {
            resize((int) given.getSize());
        }
        if (given.isDefined(Stat.StatAttribute.MODE)) {
            stat.setMode(stat.getMode() & ~07777 | given.getMode() & 07777);
        }
        if (given.isDefined(Stat.StatAttribute.OWNER)) {
            stat.setUid(given.getUid());
        }
        if (given.isDefined(Stat.StatAttribute.GROUP)) {
            stat.setGid(given.getGid());
        }
        changed();
        if (given.isDefined(Stat.StatAttribute.MTIME)) {
            stat.setMTime(given.getMTime());
        }
    }

    private void resize(int size) {
        int old = (int) stat.getSize();
        if (size > data.length) {
            data = Arrays.copyOf(data, Math.max(size, data.length * 2));
        } else if (size < old) {
            Arrays.fill(data, size, old, (byte) 0);
        }
        stat.setSize(size);
    }

    int read(ByteBuffer target, long offset) {
        int n = (int) Math.max(0, Math.min(target.remaining(), stat.getSize() - offset));
        if (n > 0) {
            target.put(data, (int) offset, n);
        }
        return n;
    }

    void write(ByteBuffer source, long offset) {
        int end = Math.toIntExact(offset + source.remaining());
        if (end > stat.getSize()) {
            resize(end);
        }
        source.get(data, (int) offset, source.remaining());
        changed();
    }
}
