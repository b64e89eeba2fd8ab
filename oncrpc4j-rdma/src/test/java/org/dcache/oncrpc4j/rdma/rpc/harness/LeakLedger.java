// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.metrics.Gauges;

/**
 * Says what this JVM holds of the transport's at one moment: every gauge, its threads, open sockets and selectors. A test takes it down
 * before a storm and afterwards asserts that all is back where it was. For tests of one JVM that run one after the other; any thread.
 *
 * <p>Slabs of regbufs are kept by intention until their device closes, so that what they take is compared with a budget and not with the
 * level before.
 */
public final class LeakLedger {

    /** How long the last callbacks and the kernel may take. */
    private static final long PATIENCE_MILLIS = Integer.getInteger("test.patience", 60_000);
    private static final String SLABS = "xprt.regbuf_bytes";
    private static final List<String> THREADS = List.of("rpcrdma", "rdma-iwarp", "rdma-disni");

    static {
        // The JDK keeps a socket of its own from the first one on that it closes.
        try {
            SocketChannel.open().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final Map<String, Long> levels;

    private LeakLedger(Map<String, Long> levels) {
        this.levels = levels;
    }

    /** What is held now. */
    public static LeakLedger snapshot() {
        return new LeakLedger(levels());
    }

    /** Waits until everything is at most where it was when {@code before} was taken, for a minute at most. */
    public static void assertNothingLeaked(LeakLedger before) {
        Map<String, String> more = new TreeMap<>();
        await("what was taken is back", () -> {
            more.clear();
            levels().forEach((name, now) -> {
                long then = before.levels.getOrDefault(name, 0L);
                if (now > then && !name.equals(SLABS)) {
                    more.put(name, then + " before, " + now + " now");
                }
            });
            return more.isEmpty();
        }, more);
    }

    /** Bytes of all slabs of regbufs at this moment. */
    public static long slabBytes() {
        return Gauges.process().snapshot().getOrDefault(SLABS, 0L);
    }

    /** One level by its name, for example {@code xprt.connections}; 0 when nobody holds such a thing. */
    public static long level(String name) {
        return levels().getOrDefault(name, 0L);
    }

    /** Waits for a condition, looking again and again; an error with this text after a minute. */
    public static void await(String what, BooleanSupplier condition) {
        await(what, condition, "");
    }

    private static void await(String what, BooleanSupplier condition, Object detail) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("expected within " + PATIENCE_MILLIS + " ms that " + what + "; it is not so " + detail);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private static Map<String, Long> levels() {
        Map<String, Long> levels = new TreeMap<>(Gauges.process().snapshot());
        levels.put("threads", Thread.getAllStackTraces().keySet().stream()
                .filter(t -> THREADS.stream().anyMatch(prefix -> t.getName().startsWith(prefix))).count());
        levels.put("open sockets and selectors", descriptors());
        return levels;
    }

    /** Other descriptors, such as jars that a class loader opens when it likes, are none of ours. 0 where the system does not tell. */
    private static long descriptors() {
        Path open = Path.of("/proc/self/fd");
        if (!Files.isDirectory(open)) {
            return 0;
        }
        try (Stream<Path> all = Files.list(open)) {
            return all.map(LeakLedger::target).filter(t -> t.startsWith("socket:") || t.contains("[eventpoll]") || t.contains("[eventfd]"))
                    .count();
        } catch (IOException e) {
            throw new IllegalStateException("cannot list " + open, e);
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return "closed meanwhile";
        }
    }

    @Override
    public String toString() {
        return levels.toString();
    }
}
