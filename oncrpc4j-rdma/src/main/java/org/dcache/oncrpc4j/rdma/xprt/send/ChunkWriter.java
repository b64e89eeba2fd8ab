// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.send;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;

/**
 * Turns parts of an outgoing message into RDMA Writes to the segments of a chunk: as few requests as segments and the provider's limit on
 * elements allow. Belongs to its send context.
 */
public final class ChunkWriter {

    private final SendContext context;
    private int maxSge;
    private int[] froms = new int[4];
    private int[] lengths = new int[4];
    private int sources;
    private int source;
    private int used;
    private int posted;
    private long bytes;

    ChunkWriter(SendContext context) {
        this.context = context;
    }

    /** Starts anew. */
    public ChunkWriter begin(int maxElements) {
        maxSge = maxElements;
        source = 0;
        sources = 0;
        used = 0;
        posted = 0;
        bytes = 0;
        return this;
    }

    /** Appends a part of the message to what is to be written. */
    public void source(int from, int length) {
        if (source == sources) {
            source = 0;
            sources = 0;
            used = 0;
        }
        if (sources == froms.length) {
            froms = Arrays.copyOf(froms, sources * 2);
            lengths = Arrays.copyOf(lengths, sources * 2);
        }
        froms[sources] = from;
        lengths[sources++] = length;
    }

    /** Writes the next {@code length} bytes to one segment. */
    public void write(int handle, long offset, int length) {
        OutMessage message = context.message();
        int done = 0;
        WorkRequest request = null;
        while (done < length) {
            int from = froms[source] + used;
            int part = Math.min(length - done, lengths[source] - used);
            int pieces = message.pieces(from, part);
            for (int k = 0; k < pieces; k++) {
                if (request == null || request.count() == maxSge) {
                    request = context.chunkRequest().write(handle, offset + done);
                    posted++;
                }
                ByteBuffer piece = message.piece(from, part, k);
                done += piece.remaining();
                request.add(piece, message.region(from, part, k));
            }
            used += part;
            if (used == lengths[source]) {
                source++;
                used = 0;
            }
        }
        bytes += length;
    }

    public int posted() {
        return posted;
    }

    public long bytes() {
        return bytes;
    }
}
