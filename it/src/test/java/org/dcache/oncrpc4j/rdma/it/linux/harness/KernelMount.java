// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;

/**
 * One mount of an export over RDMA in a guest. Closing it unmounts and checks the kernel's counters: that it used RDMA, had no bad reply,
 * no reply without a call, and, unless {@link #lostConnections} was called, sent no call again. One thread.
 */
public final class KernelMount implements AutoCloseable {

    /** Counters of the server that must stay the same with a healthy client and network. */
    private static final List<String> FAULTS = Stream.of(XprtCounter.DROPPED_SHORT, XprtCounter.DROPPED_VERSION,
            XprtCounter.DROPPED_PROCEDURE,
            XprtCounter.SENT_ERR_VERS, XprtCounter.SENT_ERR_CHUNK_HEADER, XprtCounter.SENT_ERR_CHUNK_REPLY_TOO_BIG,
            XprtCounter.SENT_ERR_CHUNK_NOT_ELIGIBLE,
            XprtCounter.SENT_ERR_CHUNK_CALL_TOO_BIG, XprtCounter.CREDIT_OVERRUN, XprtCounter.SENDCTX_OVERRUN, XprtCounter.READ_TIMEOUT,
            XprtCounter.PEER_SILENT, XprtCounter.ANSWERED_FOR_PROGRAM,
            XprtCounter.EXECUTOR_REJECTED).map(XprtCounter::label).toList();

    private final KernelClient client;
    private final ServedDirectory served;
    private final String directory;
    private final Map<String, Long> before;
    private final Set<String> faults = new TreeSet<>(FAULTS);
    private boolean lost;
    private boolean abandoned;

    private KernelMount(KernelClient client, ServedDirectory served, String directory, Map<String, Long> before) {
        this.client = client;
        this.served = served;
        this.directory = directory;
        this.before = before;
    }

    /**
     * Mounts the root of an export, NFSv3.
     *
     * @param port of the export's RDMA listener, or of a relay before it
     */
    public static KernelMount of(KernelClient client, ServedDirectory served, int port, String directory, String... options) {
        Map<String, Long> before = served.counters();
        client.mount("rdma", port, served.tcpPort(), "/", directory, options);
        return new KernelMount(client, served, directory, before);
    }

    String directory() {
        return directory;
    }

    /** @param command with {@code %s} for the mount's directory */
    public String run(String command) {
        return client.run(command.replace("%s", directory));
    }

    /** As {@link KernelClient#start}, with {@code %s} for the mount's directory. */
    public void start(String name, String command) {
        client.start(name, command.replace("%s", directory));
    }

    public MountStats stats() {
        return client.stats(directory);
    }

    /** Notes that its connection was broken on purpose, so that calls were sent again. */
    public void lostConnections() {
        lost = true;
    }

    /** Notes that a client of the server causes this fault on purpose. */
    public void expectedFault(XprtCounter counter) {
        faults.remove(counter.label());
    }

    /**
     * Notes that processes were killed in the middle of calls, so that replies may come for calls that nobody waits for any more; at most
     * as many as there are calls without another reply.
     */
    public void abandonedCalls() {
        abandoned = true;
    }

    @Override
    public void close() {
        MountStats stats = stats();
        client.unmount(directory);
        ScenarioReport.note("mount: " + stats.line());
        ScenarioReport.note("our counters: " + moved());
        assertThat(stats.transport()).isEqualTo("rdma");
        assertThat(stats.counter("bad_reply_count")).as("bad replies").isZero();
        assertThat(stats.counter("bad_xids")).as("replies without a call")
                .isLessThanOrEqualTo(abandoned ? stats.counter("sends") - stats.counter("receives") : 0);
        if (!lost) {
            assertThat(stats.retransmissions()).as(() -> "calls that were sent again; the server logged at last\n" + served.lastLines(15))
                    .isZero();
            assertThat(moved().keySet()).as("faults that the server counted").doesNotContainAnyElementsOf(faults);
        }
    }

    /** What the server counted since the mount for all its clients; since its start if it was started again. */
    private Map<String, Long> moved() {
        Map<String, Long> moved = new TreeMap<>();
        served.counters().forEach((name, value) -> {
            long n = value - (lost ? 0 : before.getOrDefault(name, 0L));
            if (n != 0) {
                moved.put(name, n);
            }
        });
        return moved;
    }
}
