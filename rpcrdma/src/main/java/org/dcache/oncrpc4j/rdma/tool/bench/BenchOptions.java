// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.config.Choice;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.tool.SettingsOption;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Sizes;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Store;
import org.dcache.oncrpc4j.rpc.IoStrategy;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command's options, checked, and the plan, settings and command lines that follow from them. */
final class BenchOptions {

    private static final int MAX_NFS = 1 << 20;
    private static final int WARM_UPS = 30;

    /** Which transports take part. */
    enum Transports { tcp, rdma, both }

    /** Checksums in FPDUs. */
    enum Crc { on, off, auto }

    @Option(names = "--quick", description = "A short run over few points: ends within 45 s.")
    boolean quick;

    @Option(names = "--nfs", description = "Measure READ and WRITE of NFSv3 with the built-in export, in memory.")
    boolean nfs;

    @Option(names = "--nfs4j-jar", paramLabel = "JAR",
            description = "With --nfs: measure NFSv3 of nfs4j's basic server, which is in this jar, on a temporary directory. May be "
                    + "repeated.")
    List<Path> nfs4jJars = new ArrayList<>();

    @Option(names = "--transport", defaultValue = "both", description = "tcp, rdma or both (default: ${DEFAULT-VALUE}).")
    Transports transport;

    @Option(names = "--operations", split = ",", defaultValue = "null,read,write",
            description = "Which of null, read, write (default: all).")
    List<String> operations;

    @Option(names = "--sizes", split = ",",
            description = "Bytes of data per READ or WRITE (default: 4k,64k,1m; with --nfs 4k,16k,64k,256k,1m).")
    List<String> sizes;

    @Option(names = "--depths", split = ",", description = "Calls outstanding at a time (default: 1,8,32).")
    List<Integer> depths;

    @Option(names = "--seconds", defaultValue = "2", description = "Per point and transport (default: ${DEFAULT-VALUE}).")
    double seconds;

    @Option(names = "--rounds", defaultValue = "5",
            description = "Slices per point, transports in turns; medians are shown (default: ${DEFAULT-VALUE}).")
    int rounds;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "1", description = "Whole runs, each with JVMs of its own, and a table of "
            + "medians and spread over them (default: ${DEFAULT-VALUE}).")
    int runs;

    @Option(names = "--warm-up", paramLabel = "SECONDS", defaultValue = "0.7", description = "Before the slices of each point; repeated "
            + "until the JVMs compile no more, 30 times at most (default: ${DEFAULT-VALUE}).")
    double warmUp;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the results to this file.")
    Path json;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a report with pictures to this file: one page that needs nothing "
            + "else.")
    Path html;

    @Option(names = "--crc", description = "on, off or auto: CRC32C in the RDMA pair's FPDUs (default: the transport's own).")
    Crc crc;

    @Option(names = "--mtu-fpdu", description = "Let the RDMA pair send FPDUs that fit an Ethernet frame of 1500 bytes.")
    boolean mtuFpdu;

    /** For the RDMA pair. */
    @Mixin
    SettingsOption settings;

    @Option(names = "--address", defaultValue = "127.0.0.1", description = "Local address to use (default: ${DEFAULT-VALUE}).")
    String address;

    @Option(names = "--agent", paramLabel = "JAR", description = "The agent jar (default: the one of this build).")
    Path agent;

    @Option(names = "--jvm-arg", paramLabel = "FLAG", description = "A flag for all child JVMs; may be repeated.")
    List<String> jvmArgs = new ArrayList<>();

    @Option(names = "--shallow", description = "The server replies to READ from a direct buffer without a copy of its own.")
    boolean shallow;

    @Option(names = "--file", description = "The server has its data in a file, as a dCache pool: it replies to READ with a FileChunk "
            + "(over TCP sendfile) and writes what WRITE brings.")
    boolean file;

    @Option(names = "--server-strategy", defaultValue = "WORKER_THREAD", description = "oncrpc4j's IoStrategy (default: ${DEFAULT-VALUE}).")
    IoStrategy serverStrategy;

    @Option(names = "--client-strategy", defaultValue = "SAME_THREAD", description = "oncrpc4j's IoStrategy (default: ${DEFAULT-VALUE}).")
    IoStrategy clientStrategy;

    @Option(names = "--issuers", description = "Client threads that begin calls at depths above 1; 0: reply callbacks do (default: 2).",
            defaultValue = "2")
    int issuers;

    @Option(names = "--no-limit", description = "Do not measure the limit: bare FPDUs of the same sizes, without any transport.")
    boolean noLimit;

    @Option(names = "--no-system-calls", description = "Do not count system calls (they are counted with strace).")
    boolean noSystemCalls;

    @Option(names = "--profile", paramLabel = "DIRECTORY",
            description = "Record flights of the RDMA pair at the bulk and NULL loads there, and print where time and allocation go.")
    Path profile;

    @Option(names = "--connections", paramLabel = "N", description = "Instead of the loads: up to N connections with one server at once, "
            + "most of them idle: time to open and close, memory, latency of the busy ones, fairness. The servers listen on all addresses "
            + "of this host meanwhile. Each connection takes a file descriptor in both JVMs.")
    Integer connections;

    @Option(names = "--busy", paramLabel = "N", defaultValue = "500",
            description = "With --connections: so many of them call at a time (default: ${DEFAULT-VALUE}).")
    int busy;

    @Option(names = "--verbose", description = "Show the children's own output.")
    boolean verbose;

    /** @throws IllegalArgumentException when a value is out of range or options exclude each other; the message says which */
    Plan plan() {
        List<Operation> chosen = operations.stream().map(BenchOptions::operation).toList();
        if (rounds < 1 || rounds > 1000) {
            throw new IllegalArgumentException("--rounds " + rounds + ": expected 1 to 1000");
        }
        if (runs < 1 || runs > 1000) {
            throw new IllegalArgumentException("--runs " + runs + ": expected 1 to 1000");
        }
        if (runs > 1 && (quick || connections != null || profile != null || transport != Transports.both)) {
            throw new IllegalArgumentException("--runs is for both transports, without --quick, --connections and --profile");
        }
        if (!(seconds >= 0.1 && seconds <= 3600)) {
            throw new IllegalArgumentException("--seconds " + seconds + ": expected 0.1 to 3600");
        }
        if (!(warmUp >= 0.01 && warmUp <= 60)) {
            throw new IllegalArgumentException("--warm-up " + warmUp + ": expected 0.01 to 60 seconds");
        }
        if (issuers < 0 || issuers > 256) {
            throw new IllegalArgumentException("--issuers " + issuers + ": expected 0 to 256");
        }
        if (connections != null && (connections < 1 || connections > 200_000 || busy < 1 || busy > 100_000)) {
            throw new IllegalArgumentException("--connections " + connections + " --busy " + busy
                    + ": expected 1 to 200000 connections, and 1 to 100000 busy ones");
        }
        if (connections != null && nfs) {
            throw new IllegalArgumentException("--connections is for the measuring program, not for --nfs");
        }
        if (profile != null && (connections != null || transport == Transports.tcp)) {
            throw new IllegalArgumentException("--profile is for the points over RDMA, not for --connections or --transport tcp");
        }
        List<Integer> chosenDepths = depths == null ? Plan.DEPTHS : depths;
        if (chosenDepths.stream().anyMatch(d -> d < 1 || d > 1024)) {
            throw new IllegalArgumentException("--depths " + chosenDepths + ": expected numbers from 1 to 1024");
        }
        List<Integer> chosenSizes = sizes == null ? workload().sizes() : sizes.stream().map(Sizes::parse).toList();
        if (!nfs && !nfs4jJars.isEmpty()) {
            throw new IllegalArgumentException("--nfs4j-jar needs --nfs");
        }
        for (Path jar : nfs4jJars) {
            if (!Files.isRegularFile(jar)) {
                throw new IllegalArgumentException("--nfs4j-jar: there is no file " + jar);
            }
        }
        if (nfs && (shallow || file)) {
            throw new IllegalArgumentException("--shallow and --file are for the measuring program's server, not for that of --nfs");
        }
        if (shallow && file) {
            throw new IllegalArgumentException("--shallow and --file exclude each other");
        }
        if (nfs && chosenSizes.stream().anyMatch(size -> size > MAX_NFS)) {
            throw new IllegalArgumentException("--sizes: expected at most " + MAX_NFS + " with --nfs, got " + chosenSizes);
        }
        for (Path file : Stream.of(json, html).filter(Objects::nonNull).toList()) {
            Path folder = file.toAbsolutePath().getParent();
            if (Files.isDirectory(file) || !Files.isWritable(Files.exists(file) ? file : folder)) {
                throw new IllegalArgumentException("the results could not be written to " + file
                        + " afterwards: expected a file that can be written, or be made in " + folder);
            }
        }
        if (connections != null && (json != null || html != null)) {
            throw new IllegalArgumentException("--connections has no --json and no --html");
        }
        settings.properties();
        boolean own = sizes != null || depths != null;
        List<Point> points = quick && !own ? Plan.quickPoints(chosen) : Point.grid(chosen, chosenSizes, chosenDepths);
        int slices = quick ? Math.min(rounds, 3) : rounds;
        return new Plan(points, slices, nanos(seconds / slices), nanos(warmUp), WARM_UPS, !noSystemCalls);
    }

    private static Duration nanos(double seconds) {
        return Duration.ofNanos((long) (seconds * 1e9));
    }

    private static Operation operation(String text) {
        for (Operation operation : Operation.values()) {
            if (operation.label().equals(text.strip())) {
                return operation;
            }
        }
        throw new IllegalArgumentException("operation '" + text + "': expected null, read or write");
    }

    /** Settings of the RDMA pair. */
    Map<String, String> rdmaSettings(boolean mtu) {
        Map<String, String> all = new LinkedHashMap<>();
        if (crc != null) {
            all.put("oncrpc.rdma.iwarp.crc", crc.name());
        }
        if (mtu) {
            all.put("oncrpc.rdma.iwarp.mulpdu", Integer.toString(MTU_FPDU));
        }
        all.putAll(workload().settings());
        if (connections != null) {
            all.putAll(ManyConnections.settings(connections));
        }
        all.putAll(settings.properties());
        return all;
    }

    /** Whether the limit is measured: bare FPDUs, from an array to an array. */
    boolean limit() {
        return connections == null && transport == Transports.both && !quick && !noLimit && !file && !shallow;
    }

    /** How the pair of the limit sends: as the RDMA pair does on loopback, by its settings. */
    Map<String, Object> limitTerms(boolean mtu, boolean direct) {
        Configuration rdma = Configuration.of(rdmaSettings(mtu));
        Integer mulpdu = rdma.get(Settings.IWARP_MULPDU);
        return Map.of("fpdu", mulpdu == null ? LOOPBACK_FPDU : mulpdu, "crc", rdma.get(Settings.IWARP_CRC) == Choice.ON, "direct", direct);
    }

    /**
     * Largest ULPDU that fits an MTU of 1500 bytes: less IP and TCP headers with time stamps (52), MPA's length (2) and CRC (4).
     */
    static final int MTU_FPDU = 1442;

    /** Largest ULPDU that the transport sends on loopback. */
    private static final int LOOPBACK_FPDU = 65474;

    Workload workload() {
        return !nfs ? Workload.BENCH : nfs4jJars.isEmpty() ? Workload.NFS : Workload.NFS4J;
    }

    /** Of each child JVM. Servers of NFS have files there, and thousands of connections need their part. */
    String heap() {
        return nfs || connections != null ? "1g" : "512m";
    }

    Launch launch(List<String> jvm) {
        return new Launch(workload(), jvm, address, serverStrategy, clientStrategy, issuers,
                file ? Store.FILE : shallow ? Store.FIXED : Store.CHANGING, verbose);
    }
}
