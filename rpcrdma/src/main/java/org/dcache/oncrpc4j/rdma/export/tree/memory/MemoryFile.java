// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree.memory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.TreeMap;
import org.dcache.oncrpc4j.rdma.export.tree.Nfs3Exception;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;

/** The data of a file in memory: pages where something was written, zeros elsewhere. Pages count on the tree's budget. Any thread. */
final class MemoryFile {

    private static final int PAGE = 64 << 10;

    private final Budget budget;
    private final TreeMap<Long, byte[]> pages = new TreeMap<>();
    private long size;
    /** Its last name is gone; who writes nevertheless must not take memory. */
    private boolean gone;

    /** @param budget shared by all files */
    MemoryFile(Budget budget) {
        this.budget = budget;
    }

    synchronized long size() {
        return size;
    }

    synchronized long used() {
        return (long) pages.size() * PAGE;
    }

    synchronized int read(long offset, ByteBuffer target) {
        int read = 0;
        while (target.hasRemaining() && offset < size) {
            int in = (int) (offset % PAGE);
            int length = (int) Math.min(Math.min(target.remaining(), PAGE - in), size - offset);
            byte[] page = pages.get(offset / PAGE);
            if (page != null) {
                target.put(page, in, length);
            } else {
                target.put(new byte[length]);
            }
            offset += length;
            read += length;
        }
        return read;
    }

    synchronized void write(long offset, ByteBuffer source) throws IOException {
        if (gone) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_STALE, "the file is gone");
        }
        while (source.hasRemaining()) {
            int in = (int) (offset % PAGE);
            int length = Math.min(source.remaining(), PAGE - in);
            source.get(page(offset / PAGE), in, length);
            offset += length;
            size = Math.max(size, offset);
        }
    }

    private byte[] page(long number) throws Nfs3Exception {
        byte[] page = pages.get(number);
        if (page == null) {
            budget.take(PAGE);
            page = new byte[PAGE];
            pages.put(number, page);
        }
        return page;
    }

    synchronized void discard() {
        resize(0);
        gone = true;
    }

    synchronized void resize(long newSize) {
        if (newSize < size) {
            long first = newSize / PAGE + (newSize % PAGE == 0 ? 0 : 1);
            var beyond = pages.tailMap(first, true);
            budget.giveBack((long) beyond.size() * PAGE);
            beyond.clear();
            byte[] last = pages.get(newSize / PAGE);
            if (last != null) {
                Arrays.fill(last, (int) (newSize % PAGE), PAGE, (byte) 0);
            }
        }
        size = newSize;
    }
}
