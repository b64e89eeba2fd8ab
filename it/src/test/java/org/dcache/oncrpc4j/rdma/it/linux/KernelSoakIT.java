// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.it.linux.harness.KernelClient;
import org.dcache.oncrpc4j.rdma.it.linux.harness.KernelMount;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ServedDirectory;
import org.dcache.oncrpc4j.rdma.tool.relay.Relay;
import org.dcache.oncrpc4j.rdma.tool.relay.Tap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The exercisers that Debian has for file systems, each for a while, on a mount of our export over RDMA ({@code -Plinux-soak}). Beside it
 * lies a mount that nobody uses, with a connection of its own, until the kernel closes that one for being idle: five minutes, which cannot
 * be set. It is used again at the end.
 *
 * <p>stress-ng's rounds have a fixed size where it has no option for it, and a round ends late on an emulated CPU: {@code link} and {@code
 * symlink}, with 8192 links a round, are left out.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ExtendWith(ScenarioReport.class)
class KernelSoakIT {

    private static final String DIRECTORY = "/mnt/soak";
    private static final String IDLE = "/mnt/idle";
    private static final String BOUNDS =
            " --hdd-bytes 8m --dentries 128 --copy-file-bytes 128m --readahead-bytes 8m --seek-size 8m --fallocate-bytes 8m "
            + "--sync-file-bytes 4m";
    private static final Tap PASS = new Tap() {
        @Override
        public Verdict toServer(byte[] bytes, int offset, int length) {
            return Verdict.PASS;
        }

        @Override
        public Verdict toClient(byte[] bytes, int offset, int length) {
            return Verdict.PASS;
        }
    };

    private final AtomicInteger idleConnections = new AtomicInteger();
    private ServedDirectory served;
    private KernelClient client;
    private Relay other;
    private KernelMount idle;
    private KernelMount mount;

    @BeforeAll
    void boot() throws IOException {
        served = ServedDirectory.serve();
        client = KernelClient.boot("soak", "stock");
        // The kernel has one connection for all mounts from one address and port.
        other = new Relay(served.rdmaPort(), () -> {
            idleConnections.incrementAndGet();
            return PASS;
        });
        idle = KernelMount.of(client, served, other.port(), IDLE);
        idle.run("check-sizes %s/before-the-pause 4096 65537");
    }

    @BeforeEach
    void mount() {
        mount = KernelMount.of(client, served, served.rdmaPort(), DIRECTORY);
    }

    @AfterEach
    void unmount() {
        mount.close();
        served.noErrors();
    }

    @AfterAll
    void end() throws IOException {
        try (ServedDirectory closing = served; Relay relay = other) {
            if (idle != null) {
                idle.close();
            }
            if (client != null) {
                client.close();
            }
        }
    }

    @ParameterizedTest
    @Order(1)
    @ValueSource(strings = {"chmod", "filename", "sync-file", "utime", "seek", "fallocate", "copy-file", "readahead", "hdd", "dentry",
            "dir", "rename"})
    void stressNgFindsNothing(String stressor) {
        // It kills its processes when the time is over.
        mount.abandonedCalls();
        mount.run("stress-ng --temp-path %s --verify --timeout 6s" + BOUNDS + " --" + stressor + " 2");
    }

    @Test
    @Order(2)
    void dbenchRunsWithFourClients() {
        mount.run("dbench -D %s -t 15 4");
    }

    @Test
    @Order(2)
    void fsMarkMakesAndRemovesManySmallFiles() {
        mount.run("mkdir -p %s/fsmark && fs_mark -d %s/fsmark -n 100 -s 5000 -t 4 && rm -r %s/fsmark");
    }

    @Test
    @Order(2)
    void fioVerifiesForALongTime() {
        mount.run("fio --name=soak --directory=%s --size=16m --rw=randrw --bsrange=512-1m --verify=crc32c --direct=1 --ioengine=libaio "
                + "--iodepth=32 --numjobs=2 --loops=2 --verify_fatal=1 --minimal > /out/fio-soak.log");
    }

    @Test
    @Order(3)
    void aConnectionThatTheKernelClosedForBeingIdleComesBack() throws InterruptedException {
        // What is left is the connection that is mounted for this test.
        served.awaitAtMost("xprt.connections", 1);
        assertThat(idleConnections).as("connections of the idle mount").hasValue(1);
        idle.run("check-sizes %s/after-the-pause 4096 65537 1048577 && echo 3 > /proc/sys/vm/drop_caches && [ $(wc -c < "
                + "%s/before-the-pause/65537) = 65537 ]");
        assertThat(idleConnections).hasValue(2);
        assertThat(idle.stats().counter("connect_count")).isEqualTo(2);
    }
}
