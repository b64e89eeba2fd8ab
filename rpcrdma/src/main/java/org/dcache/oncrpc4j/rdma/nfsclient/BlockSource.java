// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * What is to be written to a file. Any part of it may be asked for more than once: a server that lost uncommitted data gets it again from
 * here, so that no copy is kept meanwhile. Called by one thread at a time.
 */
public interface BlockSource {

    /** Bytes in all. */
    long size();

    /** Fills all that remains of the target with the bytes from {@code offset} on. */
    void fill(long offset, ByteBuffer target) throws IOException;

    /** The buffer's remaining bytes, which must not change as long as the source is in use. */
    static BlockSource of(ByteBuffer bytes) {
        ByteBuffer all = bytes.slice();
        return new BlockSource() {
            @Override
            public long size() {
                return all.limit();
            }

            @Override
            public void fill(long offset, ByteBuffer target) {
                target.put(all.slice((int) offset, target.remaining()));
            }
        };
    }

    /** A local file, which must not change as long as the source is in use. */
    static BlockSource of(FileChannel file) throws IOException {
        long size = file.size();
        return new BlockSource() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public void fill(long offset, ByteBuffer target) throws IOException {
                long at = offset;
                while (target.hasRemaining()) {
                    int n = file.read(target, at);
                    if (n < 0) {
                        throw new EOFException("the local file became shorter: expected " + size + " bytes, got " + at);
                    }
                    at += n;
                }
            }
        };
    }
}
