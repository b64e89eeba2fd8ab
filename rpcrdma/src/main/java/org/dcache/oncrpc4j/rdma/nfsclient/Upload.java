// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.results.Write3Res;

/**
 * Writes a file to stable storage (RFC 1813, sections 3.3.7, 3.3.21 and 4.8; kernel: {@code nfs_commit_release_pages}). Used once, by one
 * thread.
 *
 * <p>A file of one block is written FILE_SYNC. A longer one is written in windows of 64 MiB: all blocks UNSTABLE, then a COMMIT. A block is
 * safe if its WRITE and the COMMIT returned the same write verifier; any other is written again, because the server may have lost it. When
 * COMMIT itself fails, the window is written again with FILE_SYNC, and a failure then ends the upload.
 */
final class Upload {

    /** Bytes between two COMMITs: as much as may have to be written again. */
    private static final int WINDOW = 64 << 20;

    private static final int ROUNDS = 10;

    private final Nfs3Client client;
    private final FileHandle file;
    private final BlockSource source;
    private final int block;
    private ByteBuffer buffer;

    Upload(Nfs3Client client, FileHandle file, BlockSource source, int block) {
        this.client = client;
        this.file = file;
        this.source = source;
        this.block = block;
    }

    void run() throws IOException {
        long size = source.size();
        if (size <= block) {
            if (size > 0) {
                write(0, Nfs3.FILE_SYNC);
            }
            return;
        }
        long window = Math.max(1, WINDOW / block) * (long) block;
        for (long from = 0; from < size; from += window) {
            window(from, (int) ((Math.min(window, size - from) + block - 1) / block));
        }
    }

    private void window(long from, int blocks) throws IOException {
        boolean[] safe = new boolean[blocks];
        Written[] written = new Written[blocks];
        int stable = Nfs3.UNSTABLE;
        for (int round = 0; round < ROUNDS; round++) {
            boolean pending = false;
            for (int i = 0; i < blocks; i++) {
                if (!safe[i]) {
                    written[i] = write(from + (long) i * block, stable);
                    safe[i] = written[i].stable;
                    pending |= !safe[i];
                }
            }
            if (!pending) {
                return;
            }
            long verifier;
            try {
                verifier = client.commit(file, 0, 0);
            } catch (NfsException e) {
                if (stable != Nfs3.UNSTABLE) {
                    throw e;
                }
                stable = Nfs3.FILE_SYNC;
                continue;
            }
            boolean done = true;
            for (int i = 0; i < blocks; i++) {
                safe[i] |= written[i].uniform && written[i].verifier == verifier;
                done &= safe[i];
            }
            if (done) {
                return;
            }
        }
        throw new UnstableServerException("expected " + blocks + " blocks from byte " + from
                + " on to be committed under one write verifier, got another one in each of " + ROUNDS + " rounds");
    }

    /**
     * How safe a block is.
     *
     * @param stable whether all of it is on stable storage
     * @param uniform whether all WRITEs of its parts returned the same verifier
     */
    private record Written(boolean stable, boolean uniform, long verifier) {}

    /** Writes the block at an offset; if the server writes only a part, it gets the rest by further WRITEs. */
    private Written write(long offset, int stable) throws IOException {
        int length = (int) Math.min(block, source.size() - offset);
        if (buffer == null) {
            buffer = ByteBuffer.allocate((int) Math.min(block, source.size()));
        }
        source.fill(offset, buffer.clear().limit(length));
        buffer.flip();
        boolean shared = false;
        boolean safe = true;
        boolean uniform = true;
        long verifier = 0;
        for (int done = 0; done < length; ) {
            Answer<Write3Res> answer = client.writeShared(file, offset + done, stable, buffer.slice(done, length - done));
            Write3Res result = answer.value();
            if (result.count() <= 0 || result.count() > length - done) {
                throw new IOException("WRITE of " + (length - done) + " bytes at " + (offset + done)
                        + ": expected a count of 1 to all of them, got " + Integer.toUnsignedString(result.count()));
            }
            shared |= answer.repeated();
            safe &= result.committed() != Nfs3.UNSTABLE;
            uniform &= done == 0 || result.verf() == verifier;
            verifier = result.verf();
            done += result.count();
        }
        if (shared) {
            // A connection that was closed may still be sending from it.
            buffer = null;
        }
        return new Written(safe, uniform, verifier);
    }
}
