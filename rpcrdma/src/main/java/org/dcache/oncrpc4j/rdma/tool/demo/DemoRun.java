// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.tool.ChildJvm;
import org.dcache.oncrpc4j.rdma.tool.ChildJvmException;
import org.dcache.oncrpc4j.rdma.tool.SilentJvmException;
import org.dcache.oncrpc4j.rdma.tool.counters.CounterDelta;
import org.dcache.oncrpc4j.rdma.tool.demo.app.DemoProgram;
import org.dcache.oncrpc4j.rdma.tool.relay.Relay;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;

/**
 * The operations over one transport: a server JVM, a relay, a client JVM. One thread makes it, runs it once, and reads the result; what
 * went wrong is collected as lines, so that one defect does not hide the next.
 */
final class DemoRun {

    private static final Duration START = Duration.ofSeconds(30);
    private static final Duration OPERATION = Duration.ofSeconds(60);
    /** The server may count a reply a moment after the client has it. */
    private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long SETTLE_PAUSE_MILLIS = 20;

    private final DemoJvms launch;
    private final boolean rdma;
    private final Consumer<String> log;
    private final Map<Operation, Long> nanos = new HashMap<>();
    private final Set<Operation> wrong = new HashSet<>();
    private final List<String> problems = new ArrayList<>();
    /** For each connection through the relay, in the order of their making. */
    private final List<Witnesses> seen = new CopyOnWriteArrayList<>();
    private final Map<WireCount, Long> wireToServer = new EnumMap<>(WireCount.class);
    private final Map<WireCount, Long> wireToClient = new EnumMap<>(WireCount.class);
    private String wire = "nothing";

    /**
     * @param rdma what the bytes between the JVMs must be
     * @param log takes the lines the JVMs log; null for none
     */
    DemoRun(DemoJvms launch, boolean rdma, Consumer<String> log) {
        this.launch = launch;
        this.rdma = rdma;
        this.log = log;
    }

    /** Time taken by all calls of an operation; null when it was not run, or not right in every byte. */
    Long nanos(Operation operation) {
        return wrong.contains(operation) ? null : nanos.get(operation);
    }

    /** One line for everything that was not as it had to be. */
    List<String> problems() {
        return problems;
    }

    /** What the relay saw, in words. */
    String wire() {
        return wire;
    }

    /** Seen in this run, in both directions. */
    long seen(WireCount what) {
        return wireToServer.getOrDefault(what, 0L) + wireToClient.getOrDefault(what, 0L);
    }

    /**
     * All operations through the relay, then all of them on a direct connection. Everything is checked both times; the first pass warms the
     * JVMs up and is seen on the wire, the second one's times are kept.
     */
    void run() throws IOException, InterruptedException {
        try (ChildJvm server = new ChildJvm("server", launch.server(), DemoProgram.MARK, log)) {
            int port = Integer.parseInt(server.answer(START).split(" ")[1]);
            try (Relay relay = new Relay(port, this::witness);
                    ChildJvm client = new ChildJvm("client", launch.client(), DemoProgram.MARK, log)) {
                try {
                    client.answer(START);
                    passes(client, server, relay, port);
                    client.quit();
                    server.quit();
                } catch (SilentJvmException e) {
                    problems.add(threads(client, server));
                    throw e;
                }
            }
        } catch (ChildJvmException e) {
            problems.add(e.getMessage());
            e.log().forEach(line -> problems.add("  | " + line));
        }
    }

    /** Where to read what both JVMs were at when one said nothing any more; or why that could not be written. */
    private static String threads(ChildJvm client, ChildJvm server) throws InterruptedException {
        try {
            Path dumps = Files.createTempFile("demo-threads", ".txt");
            Files.writeString(dumps, client.threads() + server.threads());
            return "what the threads of both JVMs did then is in " + dumps;
        } catch (IOException e) {
            return "what the threads of both JVMs did then could not be written down: " + e;
        }
    }

    private Witnesses witness() {
        Witnesses witnesses = new Witnesses();
        seen.add(witnesses);
        return witnesses;
    }

    private void passes(ChildJvm client, ChildJvm server, Relay relay, int port) throws ChildJvmException, InterruptedException {
        client.ask("connect " + relay.port(), START);
        boolean goOn = operations(client, server);
        Counts counts = rdma ? new Counts(sinceStart(read(client)), sinceStart(read(server))) : null;
        client.ask("connect " + port, START);
        judge(counts);
        if (goOn) {
            operations(client, server);
        }
    }

    private record Counts(Map<String, Long> client, Map<String, Long> server) {}

    /** False when there is no point in going on. */
    private boolean operations(ChildJvm client, ChildJvm server) throws ChildJvmException, InterruptedException {
        for (Operation operation : Operation.ALL) {
            Counts before = rdma ? new Counts(read(client), read(server)) : null;
            String answer = client.ask(operation.command(), OPERATION);
            if (answer.startsWith("done ")) {
                nanos.put(operation, Long.parseLong(answer.substring("done ".length())));
            } else {
                wrong.add(operation);
                problems.add(operation.name() + ": " + answer);
            }
            if (rdma) {
                if (before.client == null || before.server == null) {
                    problems.add("no RDMA transport in the " + (before.server == null ? "server's" : "client's")
                            + " JVM: it has no counters, so the agent was not loaded" + launch.agentHint());
                    return false;
                }
                compare(operation, before, client, server);
            }
        }
        return true;
    }

    private void compare(Operation operation, Counts before, ChildJvm client, ChildJvm server) throws ChildJvmException,
            InterruptedException {
        Expectation expected = Expectation.of(operation);
        List<String> differences;
        long deadline = System.nanoTime() + SETTLE_NANOS;
        do {
            differences = Expectation.differences("client", expected.client(), before.client, read(client));
            differences.addAll(Expectation.differences("server", expected.server(), before.server, read(server)));
            if (!differences.isEmpty()) {
                Thread.sleep(SETTLE_PAUSE_MILLIS);
            }
        } while (!differences.isEmpty() && System.nanoTime() < deadline);
        differences.forEach(line -> problems.add(operation.name() + ": " + line));
    }

    private static Map<String, Long> sinceStart(Map<String, Long> counters) {
        return counters == null ? null : CounterDelta.of(Map.of(), counters);
    }

    /** Null when that JVM has no RDMA transport. */
    private static Map<String, Long> read(ChildJvm jvm) throws ChildJvmException, InterruptedException {
        String[] words = jvm.ask("counters", START).split(" ");
        if (!words[0].equals("counters")) {
            return null;
        }
        Map<String, Long> result = new TreeMap<>();
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            result.put(words[i].substring(0, equals), Long.parseLong(words[i].substring(equals + 1)));
        }
        return result;
    }

    private void judge(Counts counts) {
        Framing wanted = rdma ? Framing.MPA : Framing.RECORD_MARKED_RPC;
        boolean right = true;
        for (Witnesses connection : seen) {
            right &= judge("client to server", connection.toServer(), wanted);
            right &= judge("server to client", connection.toClient(), wanted);
            connection.toServer().counts().forEach((what, n) -> wireToServer.merge(what, n, Long::sum));
            connection.toClient().counts().forEach((what, n) -> wireToClient.merge(what, n, Long::sum));
            if (right && rdma && connection.toClient().crcBit() && seen(WireCount.GOOD_CRCS) != seen(WireCount.FPDUS)) {
                problems.add(String.format("on the wire: expected %,d FPDUs with a good CRC32C, got %,d", seen(WireCount.FPDUS),
                        seen(WireCount.GOOD_CRCS)));
            }
        }
        if (seen.isEmpty()) {
            problems.add("nothing went through the relay: the client found another way to the server");
            return;
        }
        wire = inWords(seen.size());
        if (right && rdma && counts.client != null && counts.server != null) {
            sameOnTheWire("client", counts.client, XprtCounter.SENDS, wireToServer, WireCount.SENDS);
            sameOnTheWire("server", counts.server, XprtCounter.SENDS, wireToClient, WireCount.SENDS);
            sameOnTheWire("server", counts.server, XprtCounter.RDMA_READS, wireToClient, WireCount.RDMA_READS);
            sameOnTheWire("server", counts.server, XprtCounter.RDMA_READ_BYTES, wireToServer, WireCount.RDMA_READ_BYTES);
            sameOnTheWire("server", counts.server, XprtCounter.RDMA_WRITES, wireToClient, WireCount.RDMA_WRITES);
            sameOnTheWire("server", counts.server, XprtCounter.RDMA_WRITE_BYTES, wireToClient, WireCount.RDMA_WRITE_BYTES);
        }
    }

    private boolean judge(String direction, StreamWitness stream, Framing wanted) {
        if (stream.framing() == wanted) {
            return true;
        }
        String got = switch (stream.framing()) {
            case MPA -> "MPA frames (iWARP)";
            case RECORD_MARKED_RPC -> "record-marked RPC, that is plain TCP";
            case TOO_SHORT -> "fewer bytes than a header has";
            case UNKNOWN -> stream.broken();
        };
        problems.add("on the wire, " + direction + ": expected " + (rdma ? "MPA frames (iWARP)" : "record-marked RPC") + ", got " + got);
        return false;
    }

    private void sameOnTheWire(String side, Map<String, Long> counters, XprtCounter counter, Map<WireCount, Long> seen, WireCount what) {
        long counted = counters.getOrDefault(counter.label(), 0L);
        long onWire = seen.getOrDefault(what, 0L);
        if (counted != onWire) {
            problems.add(String.format("%s: %s is %,d, but the relay saw %,d %s", side, counter.label(), counted, onWire, what.label()));
        }
    }

    private String inWords(int connections) {
        StringBuilder words = new StringBuilder(connections + (connections == 1 ? " connection" : " connections"));
        for (WireCount what : WireCount.values()) {
            if (what == WireCount.RPC_RECORDS || what == WireCount.MPA_FRAMES || seen(what) > 0) {
                words.append(String.format(", %,d %s", seen(what), what.label()));
            }
        }
        return words.toString();
    }
}
