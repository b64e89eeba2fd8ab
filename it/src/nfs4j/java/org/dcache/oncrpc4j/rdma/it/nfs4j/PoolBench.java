// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.nfs4j.app.Domain;
import org.dcache.oncrpc4j.rdma.it.nfs4j.app.PoolLoad;

/**
 * How fast a data server of nfs4j that replies to READ as a dCache pool does is over RDMA, against TCP: {@code [ROUNDS [MILLIS [KIB
 * [POOL [CLIENT]]]]]}, KIB for one size alone or 0, POOL and CLIENT more of the agent's settings there, or a dash for none. One pool
 * serves both; a client JVM over TCP and one over RDMA take turns, and so does who begins, when the compilers of all have become quiet.
 * The handlers of the latter run in its loop, as over TCP in the selector's thread.
 * Prints medians of the rounds and their ratios; nothing is judged, since on a busy machine that would be wrong. See docs/performance.md.
 */
public final class PoolBench {

    private record Point(String operation, int size, int slots, double floor) {}

    private static final List<Point> POINTS = List.of(new Point("READ", 1 << 20, 8, 1.2), new Point("READ", 64 << 10, 16, 1.15),
            new Point("READ", 4 << 10, 16, 1.1), new Point("WRITE", 1 << 20, 8, 1.1));

    private static final int WARM_UP_MILLIS = 2000;
    /** A warm-up ends with so many such runs in which the compilers took less than a tenth of one processor's time. */
    private static final int QUIET = 3;
    private static final int MOST_WARM_UPS = 40;

    private PoolBench() {}

    public static void main(String[] args) throws IOException {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 10;
        int millis = args.length > 1 ? Integer.parseInt(args[1]) : 1000;
        int kib = args.length > 2 ? Integer.parseInt(args[2]) : 0;
        String ofPool = DoorAndPools.BOTH + more(args, 3);
        String ofClient = "transport=rdma,rdma.provider=iwarp,rdma.same-thread=on" + more(args, 4);
        Path folder = Files.createTempDirectory("pool-bench");
        try (DoorAndPools dcache = new DoorAndPools(folder); JvmProcess domain = start(ofPool, Domain.class)) {
            String[] pool = {"127.0.0.1", "" + dcache.pool(domain, "pool")};
            try (JvmProcess tcp = start("transport=tcp", PoolLoad.class, pool);
                    JvmProcess rdma = start(ofClient, PoolLoad.class, pool)) {
                for (Point point : POINTS.stream().filter(one -> kib == 0 || one.size >> 10 == kib).toList()) {
                    List<Long> overTcp = new ArrayList<>();
                    List<Long> overRdma = new ArrayList<>();
                    warmUp(tcp, domain, point);
                    warmUp(rdma, domain, point);
                    for (int round = 0; round < rounds; round++) {
                        boolean tcpBegins = round % 2 == 0;
                        (tcpBegins ? overTcp : overRdma).add(run(tcpBegins ? tcp : rdma, point, millis));
                        (tcpBegins ? overRdma : overTcp).add(run(tcpBegins ? rdma : tcp, point, millis));
                    }
                    System.out.printf("%-5s %4d KiB, %2d slots: TCP %7.1f MB/s, RDMA %7.1f MB/s, %.2fx (floor %.2fx)%n", point.operation,
                            point.size >> 10, point.slots, median(overTcp), median(overRdma), median(overRdma) / median(overTcp),
                            point.floor);
                }
            }
        } finally {
            try (var files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static String more(String[] args, int at) {
        return args.length > at && !args[at].equals("-") ? "," + args[at] : "";
    }

    private static JvmProcess start(String settings, Class<?> main, String... args) {
        JvmProcess process = BasicPrograms.domain(settings).unlimited().main(main, (Object[]) args).start();
        process.expect("READY");
        return process;
    }

    private static void warmUp(JvmProcess client, JvmProcess pool, Point point) {
        int quiet = 0;
        for (int i = 0; i < MOST_WARM_UPS && quiet < QUIET; i++) {
            long before = compiled(client) + compiled(pool);
            run(client, point, WARM_UP_MILLIS);
            quiet = compiled(client) + compiled(pool) - before > WARM_UP_MILLIS / 10 ? 0 : quiet + 1;
        }
    }

    private static long compiled(JvmProcess process) {
        process.send(Domain.COMPILED);
        return Long.parseLong(process.valueOf(Domain.COMPILED));
    }

    private static long run(JvmProcess client, Point point, int millis) {
        client.send(point.operation + " " + point.size + " " + point.slots + " " + millis);
        return Long.parseLong(client.valueOf(point.operation));
    }

    private static double median(List<Long> rates) {
        List<Long> sorted = rates.stream().sorted().toList();
        int half = sorted.size() / 2;
        return (sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2.0) / 1e6;
    }
}
