// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpSettings;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * Looks at the speed of the bare provider over loopback, for whoever works on it; nothing depends on the figures it prints.
 *
 * <p>Arguments: write, read, ping or idle (memory of connections that do nothing), each optionally with settings, for example {@code write
 * iwarp.mulpdu=1442 heap=true seconds=3}.
 */
public final class IwarpSpeed {

    private static final int BULK = 1 << 20;
    private static final int DEPTH = 8;
    private static final int INLINE = 128;

    /** One end; the loop calls it. */
    private static class End implements QueuePairHandler {
        final CompletableFuture<QueuePair> up = new CompletableFuture<>();
        final Semaphore credits = new Semaphore(0);
        final AtomicLong received = new AtomicLong();
        final AtomicLong readsDone = new AtomicLong();

        @Override
        public void onEstablished(QueuePair queuePair) {
            up.complete(queuePair);
        }

        @Override
        public void onReceive(QueuePair queuePair, ReceiveBuffer buffer) {
            buffer.release();
            received.incrementAndGet();
            queuePair.postReceives(1);
        }

        @Override
        public void onSendCompletion(QueuePair queuePair, WorkRequest request, boolean ok) {
            credits.release();
        }

        @Override
        public void onReadCompletion(QueuePair queuePair, WorkRequest request, boolean ok) {
            readsDone.incrementAndGet();
            credits.release();
        }

        @Override
        public void onDisconnected(QueuePair queuePair, VerbsException cause) {
            up.completeExceptionally(cause);
        }
    }

    private final Map<String, String> options;
    private final IwarpAdapter left;
    private final IwarpAdapter right;

    private IwarpSpeed(Map<String, String> options) {
        this.options = options;
        Map<String, String> settings = new HashMap<>();
        options.forEach((k, v) -> {
            if (k.startsWith("iwarp.") || k.equals("loops")) {
                settings.put("oncrpc.rdma." + k, v);
            }
        });
        settings.putIfAbsent("oncrpc.rdma.loops", "2");
        left = new IwarpAdapter(IwarpSettings.of(Configuration.of(settings)), MemoryBudget.of(Configuration.of(settings)));
        right = new IwarpAdapter(IwarpSettings.of(Configuration.of(settings)), MemoryBudget.of(Configuration.of(settings)));
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>();
        Arrays.stream(args).skip(1).forEach(a -> options.put(a.split("=")[0], a.split("=")[1]));
        IwarpSpeed speed = new IwarpSpeed(options);
        switch (args[0]) {
            case "write" -> speed.bulk(true);
            case "read" -> speed.bulk(false);
            case "ping" -> speed.ping();
            case "idle" -> speed.idle();
            default -> throw new IllegalArgumentException(args[0]);
        }
        speed.left.close();
        speed.right.close();
    }

    private QueuePair[] connect(End client, End server) throws Exception {
        ConnectOptions connectOptions = new ConnectOptions(null, 5000, new byte[0], 4096, 4096, 32, 32);
        var listener = right.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8,
                request -> request.accept(connectOptions, server));
        left.connect(listener.localAddress(), connectOptions, client, new ConnectListener() {
            @Override
            public void connected(QueuePair queuePair) {
                // onEstablished has come.
            }

            @Override
            public void failed(IOException cause) {
                client.up.completeExceptionally(cause);
            }
        });
        QueuePair[] pair = {client.up.get(), server.up.get()};
        pair[0].postSend(new WorkRequest().send().signaled(true));
        client.credits.acquire();
        return pair;
    }

    private ByteBuffer bulk() {
        return Boolean.parseBoolean(options.get("heap")) ? ByteBuffer.allocate(BULK) : ByteBuffer.allocateDirect(BULK);
    }

    private double seconds() {
        return Double.parseDouble(options.getOrDefault("seconds", "3"));
    }

    private void bulk(boolean write) throws Exception {
        End client = new End();
        End server = new End();
        QueuePair[] qp = connect(client, server);
        Exposure[] exposures = new Exposure[DEPTH];
        ByteBuffer[] local = new ByteBuffer[DEPTH];
        WorkRequest[] requests = new WorkRequest[DEPTH];
        WorkRequest[] sends = new WorkRequest[DEPTH];
        ByteBuffer note = ByteBuffer.allocateDirect(64);
        for (int i = 0; i < DEPTH; i++) {
            exposures[i] = qp[1].expose(MemorySource.of(ByteBuffer.allocateDirect(BULK)), write ? Access.REMOTE_WRITE : Access.REMOTE_READ);
            local[i] = bulk();
            requests[i] = new WorkRequest();
            sends[i] = new WorkRequest();
        }
        client.credits.release(DEPTH);
        long posted = 0;
        for (int round = 0; round < 3; round++) {
            long start = System.nanoTime();
            long[] before = counts();
            long first = posted;
            while (System.nanoTime() - start < seconds() * 1e9) {
                client.credits.acquire();
                // In turn also across rounds: only the oldest request is free for certain.
                int i = (int) (posted++ % DEPTH);
                if (write) {
                    requests[i].reset().write(exposures[i].stag(), exposures[i].offset()).add(local[i].duplicate());
                    sends[i].reset().send().add(note.duplicate()).signaled(true);
                    requests[i].next(sends[i]);
                } else {
                    requests[i].reset().read(exposures[i].stag(), exposures[i].offset()).add(local[i].duplicate()).signaled(true);
                }
                qp[0].postSend(requests[i]);
            }
            report(write ? "write" : "read", posted - first, System.nanoTime() - start, before);
        }
    }

    /** CPU time of the process: says more than the clock on a machine that others use too. */
    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private long[] counts() {
        return new long[] {
            left.counters().get(IwarpCounter.SOCKET_WRITES),
            left.counters().get(IwarpCounter.SOCKET_READS),
            right.counters().get(IwarpCounter.SOCKET_WRITES),
            right.counters().get(IwarpCounter.SOCKET_READS),
            cpuNanos(),
            left.counters().get(IwarpCounter.WRITE_STALLS) + right.counters().get(IwarpCounter.WRITE_STALLS)
        };
    }

    private void report(String what, long n, long nanos, long[] before) {
        long[] after = counts();
        System.out.printf("%s: %.2f GB/s, %.2f CPU s per GB; per MiB: left writes %.1f reads %.1f, right writes %.1f reads %.1f, stalls "
                + "%.2f%n", what,
                (double) n * BULK / nanos, (after[4] - before[4]) / ((double) n * BULK), (double) (after[0] - before[0]) / n,
                (double) (after[1] - before[1]) / n,
                (double) (after[2] - before[2]) / n, (double) (after[3] - before[3]) / n, (double) (after[5] - before[5]) / n);
    }

    private static long usedMemory() {
        System.gc();
        long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream().mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return direct + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private void idle() throws Exception {
        int pairs = Integer.parseInt(options.getOrDefault("pairs", "500"));
        List<QueuePair[]> all = new ArrayList<>();
        all.add(connect(new End(), new End()));
        long before = usedMemory();
        for (int i = 0; i < pairs; i++) {
            all.add(connect(new End(), new End()));
        }
        System.out.printf("idle: %d bytes per connection, heap and direct, of %d%n", (usedMemory() - before) / (2 * pairs), all.size());
    }

    private void ping() throws Exception {
        AtomicLong rounds = new AtomicLong();
        ByteBuffer data = ByteBuffer.allocateDirect(INLINE);
        class Bouncer extends End {
            final WorkRequest request = new WorkRequest();
            final ByteBuffer view = data.duplicate();

            @Override
            public void onReceive(QueuePair queuePair, ReceiveBuffer buffer) {
                int size = buffer.data().remaining();
                buffer.release();
                queuePair.postReceives(1);
                if (size > 0) {
                    rounds.incrementAndGet();
                    bounce(queuePair);
                }
            }

            void bounce(QueuePair queuePair) {
                queuePair.postSend(request.reset().send().add(view.clear()).signaled(true));
            }
        }
        Bouncer client = new Bouncer();
        Bouncer server = new Bouncer();
        QueuePair[] qp = connect(client, server);
        client.bounce(qp[0]);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long[] loops = Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().startsWith("rdma-iwarp"))
                .mapToLong(Thread::getId).toArray();
        for (int i = 0; i < 3; i++) {
            long start = System.nanoTime();
            long n = rounds.get();
            long cpu = cpuNanos();
            long allocated = Arrays.stream(threads.getThreadAllocatedBytes(loops)).sum();
            Thread.sleep((long) (seconds() * 1000));
            n = rounds.get() - n;
            allocated = Arrays.stream(threads.getThreadAllocatedBytes(loops)).sum() - allocated;
            System.out.printf("ping: %.1f us round trip, %.1f us CPU, %.1f bytes allocated per message%n",
                    (System.nanoTime() - start) / 1e3 / n * 2, (cpuNanos() - cpu) / 1e3 / n * 2, (double) allocated / n);
        }
    }
}
