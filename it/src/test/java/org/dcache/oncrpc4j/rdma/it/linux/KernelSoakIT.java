// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The exercisers that Debian has for file systems, each for a while, on a mount of our export over RDMA ({@code -Plinux-soak}). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KernelSoakIT {

    private static final String DIRECTORY = "/mnt/soak";

    private ServedDirectory served;
    private KernelClient client;

    @BeforeAll
    void boot() throws IOException {
        served = ServedDirectory.serve();
        client = KernelClient.boot("soak", "stock");
    }

    @BeforeEach
    void mount() {
        client.mount("rdma", served.rdmaPort(), served.tcpPort(), "/", DIRECTORY);
    }

    @AfterEach
    void unmount() {
        MountStats stats = client.stats(DIRECTORY);
        client.unmount(DIRECTORY);
        assertThat(stats.transport()).isEqualTo("rdma");
        assertThat(stats.counter("bad_reply_count")).as("bad replies").isZero();
        assertThat(stats.retransmissions()).as("calls that were sent again").isZero();
    }

    @AfterAll
    void end() {
        try (ServedDirectory closing = served) {
            if (client != null) {
                client.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"hdd", "dentry", "dir", "rename", "link", "symlink", "chmod", "filename", "sync-file", "utime", "seek", "fallocate", "copy-file", "readahead"})
    void stressNgFindsNothing(String stressor) {
        client.run("stress-ng --temp-path " + DIRECTORY + " --verify --timeout 15s --hdd-bytes 16m --copy-file-bytes 8m --readahead-bytes 8m --seek-size 8m"
                + " --fallocate-bytes 8m --" + stressor + " 2");
    }

    @Test
    void dbenchRunsWithFourClients() {
        client.run("dbench -D " + DIRECTORY + " -t 40 4");
    }

    @Test
    void fsMarkMakesAndRemovesManySmallFiles() {
        client.run("mkdir -p " + DIRECTORY + "/fsmark && fs_mark -d " + DIRECTORY + "/fsmark -n 500 -s 5000 -t 4 && rm -r " + DIRECTORY + "/fsmark");
    }

    @Test
    void fioVerifiesForALongTime() {
        client.run("fio --name=soak --directory=" + DIRECTORY + " --size=48m --rw=randrw --bsrange=512-1m --verify=crc32c --direct=1 --ioengine=libaio --iodepth=32"
                + " --numjobs=2 --loops=3 --verify_fatal=1 --minimal > /out/fio-soak.log");
    }
}
