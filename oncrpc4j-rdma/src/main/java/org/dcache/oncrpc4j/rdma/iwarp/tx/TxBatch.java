// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.tx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;

/**
 * Whole FPDUs on their way to the socket: a list of views, partly of {@link Staging} areas (headers, copied payload, CRCs), partly of the
 * sender's own direct memory.
 *
 * <p>Only the thread that holds the connection's send side uses it. FPDUs are put together by {@link #begin}, {@link #copy} and
 * {@link #refer} in any order, {@link #end}; the batch always ends with a whole FPDU, so that no write ends inside a CRC field by
 * our doing. The CRC is taken over the bytes that will leave: of copied payload over the copy. Offsets returned by {@link #queued()}
 * and {@link #taken()} count bytes of the connection's stream.
 */
public final class TxBatch {

    /** Elements per gathering write; NIO takes no more than 1024. */
    private static final int MAX_VIEWS = 1000;
    /** Views that one more FPDU with {@link #MAX_PIECES} referred pieces may need. */
    private static final int MAX_PIECES = 64;
    private static final int MAX_STAGES = 4;
    /** A MiB of data with the headers of its FPDUs, and the Send behind it, also when that says something longer. */
    private static final long MAX_BYTES = (1 << 20) + (64 << 10);
    /** Below this a CRC is faster over an array than over direct memory. */
    private static final int SMALL_CRC = 64;

    private final StagingPool pool;
    private final CRC32C crc = new CRC32C();
    private final byte[] small = new byte[SMALL_CRC];
    private final Staging[] stages = new Staging[MAX_STAGES];
    private int stageCount;
    private Staging stage;
    private ByteBuffer memory;
    private int fill;
    private int regionStart;
    private int crcStart;
    private boolean crcStarted;

    private ByteBuffer[] views = new ByteBuffer[4];
    private int viewCount;
    private int viewHead;
    private long queued;
    private long taken;
    private int fpdus;
    private boolean starved;
    private long copied;

    public TxBatch(StagingPool pool) {
        this.pool = pool;
    }

    /** Stream offset behind the last FPDU put in. */
    public long queued() {
        return queued;
    }

    /** Stream offset of the first byte that the socket has not taken. */
    public long taken() {
        return taken;
    }

    public boolean isEmpty() {
        return queued == taken;
    }

    /** Whether not even the first area could be had since this was asked last: {@link StagingPool#await}. */
    public boolean takeStarved() {
        boolean was = starved;
        starved = false;
        return was;
    }

    /** FPDUs put in since the batch was last empty. */
    public int fpdus() {
        return fpdus;
    }

    /**
     * Starts an FPDU for which {@code bytes} will be staged (header, copied payload; pad and CRC are added) in one piece.
     *
     * @return false when it does not fit: write first
     */
    public boolean begin(int bytes) {
        int needed = bytes + FpduLayout.MAX_PAD + FpduLayout.CRC_LENGTH;
        if (!isEmpty() && (queued - taken >= MAX_BYTES || viewCount + MAX_PIECES > MAX_VIEWS)) {
            return false;
        }
        if (stage == null || Staging.SIZE - fill < needed) {
            if (stageCount == MAX_STAGES) {
                return false;
            }
            Staging more = pool.borrow(stageCount == 0);
            if (more == null) {
                starved = stageCount == 0;
                return false;
            }
            closeRegion();
            stages[stageCount++] = more;
            stage = more;
            memory = more.memory();
            fill = 0;
            regionStart = 0;
        }
        crcStart = fill;
        crcStarted = false;
        return true;
    }

    /** Where the staged bytes go; at {@link #position()}, {@link #advance} after it. */
    public ByteBuffer memory() {
        return memory;
    }

    public int position() {
        return fill;
    }

    public void advance(int bytes) {
        fill += bytes;
    }

    /** Copies payload. */
    public void copy(ByteBuffer source, int from, int bytes) {
        memory.put(fill, source, from, bytes);
        fill += bytes;
        copied += bytes;
    }

    /** Bytes copied since this was asked last. */
    public long takeCopied() {
        long bytes = copied;
        copied = 0;
        return bytes;
    }

    /** Lets direct memory be gathered; it must not change until it was taken. */
    public void refer(ByteBuffer source, int from, int bytes, boolean withCrc) {
        ByteBuffer view = source.duplicate();
        view.limit(from + bytes).position(from);
        if (withCrc) {
            addStagedToCrc();
            crc.update(view);
            view.position(from);
        }
        closeRegion();
        addView(view);
        crcStart = fill;
    }

    /** Ends the FPDU: pad and CRC. */
    public void end(int ulpduLength, boolean withCrc) {
        for (int pad = FpduLayout.pad(ulpduLength); pad > 0; pad--) {
            memory.put(fill++, (byte) 0);
        }
        if (withCrc) {
            addStagedToCrc();
            FpduLayout.putCrc(memory, fill, (int) crc.getValue());
        } else {
            memory.putInt(fill, 0);
        }
        fill += FpduLayout.CRC_LENGTH;
        queued += FpduLayout.fpduLength(ulpduLength);
        fpdus++;
    }

    /**
     * Offers the batch to the socket, once.
     *
     * @return bytes it took; when that is all, {@link #isEmpty()} holds and the batch can be filled again
     */
    public long write(SocketChannel channel) throws IOException {
        closeRegion();
        long bytes = viewCount - viewHead == 1
                ? channel.write(views[viewHead])
                : channel.write(views, viewHead, viewCount - viewHead);
        taken += bytes;
        if (taken == queued) {
            recycle(1);
        } else {
            while (!views[viewHead].hasRemaining()) {
                viewHead++;
            }
        }
        return bytes;
    }

    /** Gives all staging back; what was not taken is dropped. */
    public void release() {
        recycle(0);
        taken = queued;
    }

    private void recycle(int keep) {
        Arrays.fill(views, 0, viewCount, null);
        viewCount = 0;
        viewHead = 0;
        fpdus = 0;
        while (stageCount > keep) {
            pool.giveBack(stages[--stageCount]);
            stages[stageCount] = null;
        }
        if (stageCount == 0) {
            stage = null;
            memory = null;
        } else {
            stage = stages[0];
            stage.reset();
            memory = stage.memory();
        }
        fill = 0;
        regionStart = 0;
        crcStart = 0;
    }

    private void addStagedToCrc() {
        if (!crcStarted) {
            crc.reset();
            crcStarted = true;
        }
        int bytes = fill - crcStart;
        if (bytes < SMALL_CRC) {
            memory.get(crcStart, small, 0, bytes);
            crc.update(small, 0, bytes);
        } else {
            crc.update(memory.limit(fill).position(crcStart));
            memory.clear();
        }
    }

    private void closeRegion() {
        if (fill > regionStart) {
            addView(stage.view(regionStart, fill));
        }
        regionStart = fill;
    }

    private void addView(ByteBuffer view) {
        if (viewCount == views.length) {
            views = Arrays.copyOf(views, viewCount * 2);
        }
        views[viewCount++] = view;
    }
}
