// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.results.Fsinfo3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;

/**
 * Copies a whole file to or from a server. One thread at a time for each file; many files at a time are fine.
 */
public final class RemoteFile {

    /** Least that a READ asks for, so that a file that grew is noticed. */
    private static final int LEAST_READ = 512;

    private static final int LARGEST = 1 << 20;

    private final Nfs3Client client;
    private final FileHandle handle;
    private final int readSize;
    private final int writeSize;

    /**
     * @param readSize largest READ, bytes (Linux: {@code rsize})
     * @param writeSize largest WRITE, bytes (Linux: {@code wsize})
     */
    public RemoteFile(Nfs3Client client, FileHandle handle, int readSize, int writeSize) {
        if (readSize < LEAST_READ || writeSize < 1) {
            throw new IllegalArgumentException("expected READs of " + LEAST_READ + " bytes at least and WRITEs of 1, got " + readSize
                    + " and " + writeSize);
        }
        this.client = client;
        this.handle = handle;
        this.readSize = readSize;
        this.writeSize = writeSize;
    }

    /** With the sizes that the server prefers, up to 1 MiB. */
    public static RemoteFile of(Nfs3Client client, FileHandle handle, Fsinfo3Res limits) {
        return new RemoteFile(client, handle, Math.max(LEAST_READ, size(limits.rtpref(), limits.rtmax())),
                Math.max(1, size(limits.wtpref(), limits.wtmax())));
    }

    private static int size(int preferred, int largest) {
        long limit = Math.min(LARGEST, Integer.toUnsignedLong(largest));
        return (int) (preferred == 0 ? limit : Math.min(limit, Integer.toUnsignedLong(preferred)));
    }

    /**
     * Writes the file from its beginning. When it returns, the server has all of it on stable storage. What was in the file behind the
     * source's end stays.
     */
    public void copyFrom(BlockSource source) throws IOException {
        new Upload(client, handle, source, writeSize).run();
    }

    /**
     * Reads the file to its end.
     *
     * @param expected bytes that the file should have, to ask for no more than that; with a wrong number all data is read, with more calls
     * @return bytes read
     */
    public long copyTo(long expected, BlockSink sink) throws IOException {
        long offset = 0;
        while (true) {
            int count = (int) Math.max(LEAST_READ, Math.min(readSize, expected - offset));
            Read3Res read = client.read(handle, offset, count);
            int n = read.data().length();
            if (n > count || n != read.count() || n == 0 && !read.eof()) {
                throw new IOException("READ of " + count + " bytes at " + offset + ": expected some bytes or the end, got " + n
                        + " bytes and a count of " + Integer.toUnsignedString(read.count()));
            }
            if (n > 0) {
                sink.take(offset, read.data().bytes());
            }
            offset += n;
            if (read.eof()) {
                return offset;
            }
        }
    }
}
