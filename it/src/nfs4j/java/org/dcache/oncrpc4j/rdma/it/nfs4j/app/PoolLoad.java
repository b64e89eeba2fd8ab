// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CompletionHandler;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.dcache.nfs.v4.Stateids;
import org.dcache.nfs.v4.xdr.COMPOUND4args;
import org.dcache.nfs.v4.xdr.COMPOUND4res;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.nfs.vfs.Inode;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;

/**
 * Load on one file of a pool: {@code HOST PORT}, then a line {@code READ|WRITE SIZE SLOTS MILLIS} on standard input for each run, which is
 * answered by {@code READ|WRITE} and the bytes moved in a second; or a line {@code COMPILED}, as a {@link Domain} takes. One session and
 * connection for all runs; each slot has one call under way and makes the next one in the callback of its reply. The file is written before
 * the first run; each of its blocks begins with its offset, which is checked of each READ. The first failure ends the program.
 */
public final class PoolLoad {

    private static final int SLOTS = 32;
    private static final long FILE = 64 << 20;
    private static final int BLOCK = 4096;
    private static final int TRANSFER = 1 << 20;
    private static final long NANOS = 1_000_000_000;

    private final Inode file = Inode.forFile("measured".getBytes(StandardCharsets.UTF_8));
    private final PoolSession session;

    private PoolLoad(InetSocketAddress pool) throws IOException {
        session = new PoolSession(pool, SLOTS);
        for (long at = 0; at < FILE; at += TRANSFER) {
            long offset = at;
            session.last(session.with(0, file, to -> to.withWrite(offset, data(TRANSFER, offset), Stateids.ZeroStateId())));
        }
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        PoolLoad load = new PoolLoad(new InetSocketAddress(args[0], Integer.parseInt(args[1])));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println("READY");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            if (words[0].equals(Domain.COMPILED)) {
                System.out.println(Domain.COMPILED + " " + Domain.compiled());
                continue;
            }
            Run run = load.new Run(words[0].equals("READ"), Integer.parseInt(words[1]), Long.parseLong(words[3]));
            System.out.println(words[0] + " " + run.bytesPerSecond(Integer.parseInt(words[2])));
        }
        System.exit(0);
    }

    private static ByteBuffer data(int size, long offset) {
        return begin(ByteBuffer.allocate(size), offset);
    }

    private static ByteBuffer begin(ByteBuffer data, long offset) {
        for (int at = 0; at < data.capacity(); at += BLOCK) {
            data.putLong(at, offset + at);
        }
        return data.clear();
    }

    private final class Run {

        private final boolean read;
        private final int size;
        private final long end;
        private final long begin = System.nanoTime();
        private final AtomicLong next = new AtomicLong();
        private final AtomicLong done = new AtomicLong();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();

        Run(boolean read, int size, long millis) {
            this.read = read;
            this.size = size;
            this.end = begin + millis * 1_000_000;
        }

        long bytesPerSecond(int slots) throws IOException, InterruptedException {
            CountDownLatch running = new CountDownLatch(slots);
            for (int slot = 0; slot < slots; slot++) {
                new Slot(slot, running).next();
            }
            running.await();
            if (failure.get() != null) {
                throw new IOException(failure.get());
            }
            return (long) ((double) done.get() * size * NANOS / (System.nanoTime() - begin));
        }

        private final class Slot implements CompletionHandler<RpcReply, RpcTransport> {

            private final int slot;
            private final CountDownLatch running;
            private final ByteBuffer sent = ByteBuffer.allocate(read ? 0 : size);
            private long offset;

            Slot(int slot, CountDownLatch running) {
                this.slot = slot;
                this.running = running;
            }

            void next() {
                if (System.nanoTime() >= end || failure.get() != null) {
                    running.countDown();
                    return;
                }
                offset = next.getAndIncrement() * size % FILE;
                COMPOUND4args args = session.with(slot, file, at -> read ? at.withRead(size, offset, Stateids.ZeroStateId())
                        : at.withWrite(offset, begin(sent, offset), Stateids.ZeroStateId()));
                try {
                    session.nfs().call(nfs4_prot.NFSPROC4_COMPOUND_4, args, this);
                } catch (IOException | RuntimeException e) {
                    failed(e, null);
                }
            }

            @Override
            public void completed(RpcReply reply, RpcTransport transport) {
                COMPOUND4res result = new COMPOUND4res();
                try {
                    reply.getReplyResult(result);
                    if (read) {
                        check(PoolSession.last(result).opread.resok4.data);
                    } else {
                        PoolSession.last(result);
                    }
                    done.incrementAndGet();
                } catch (IOException | RuntimeException e) {
                    failed(e, null);
                    return;
                }
                next();
            }

            private void check(ByteBuffer data) throws IOException {
                int last = size - BLOCK;
                if (data.remaining() != size || data.getLong(data.position()) != offset
                        || data.getLong(data.position() + last) != offset + last) {
                    throw new IOException("expected the " + size + " bytes at " + offset + ", got others: " + data);
                }
            }

            @Override
            public void failed(Throwable cause, RpcTransport transport) {
                failure.compareAndSet(null, cause);
                running.countDown();
            }
        }
    }
}
