// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmCounters;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.linux.harness.KernelClient;
import org.dcache.oncrpc4j.rdma.it.linux.harness.MountStats;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.dcache.oncrpc4j.rdma.it.nfs4j.DoorAndPools;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Linux kernel's pNFS client on siw with a door and three pools as dCache has them, two of these in one JVM. Where data went is said by
 * the kernel's list of RDMA connections, its list of TCP connections, and the pools' own counters.
 */
@ExtendWith(ScenarioReport.class)
class PnfsLinuxIT {

    /** Files that follow one another lie at pools that follow one another. */
    private static final String SIZES = "1048577 65537 3000001 4097 70000 1000003";

    private static final long LARGE = 1_048_577 + 65_537 + 3_000_001 + 70_000 + 1_000_003;
    private static final String HOST = "10.0.2.2";
    private static final String DIRECTORY = "/mnt/pnfs";

    @TempDir
    private static Path folder;

    private static KernelClient client;
    private static DoorAndPools dcache;
    private static JvmProcess two;
    private static JvmProcess single;
    private static JvmProcess door;
    private static int[] pools;
    private static int doorPort;

    @BeforeAll
    static void start() throws IOException {
        dcache = new DoorAndPools(folder);
        two = dcache.domain(DoorAndPools.BOTH);
        single = dcache.domain(DoorAndPools.BOTH);
        door = dcache.domain(DoorAndPools.BOTH);
        pools = new int[] {dcache.pool(two, "one"), dcache.pool(two, "two"), dcache.pool(single, "three")};
        doorPort = dcache.door(door, HOST, pools);
        client = KernelClient.boot("pnfs", "stock");
    }

    @AfterAll
    static void stop() {
        try (DoorAndPools closing = dcache) {
            if (client != null) {
                client.close();
            }
        }
    }

    @AfterEach
    void unmount() {
        client.run("umount -a -f -t nfs4; rm -f /tmp/held /tmp/release");
        for (JvmProcess domain : List.of(two, single, door)) {
            assertThat(domain.lines()).as("errors of the transport").noneMatch(line -> line.contains(" ERROR o.d.o.r.r."));
        }
    }

    private static void mount(String version, String transport, String directory, String options) {
        mount(client, version, transport, directory, options);
    }

    private static void mount(KernelClient machine, String version, String transport, String directory, String options) {
        machine.run("mount-nfs.sh " + version + " " + transport + " " + doorPort + " / " + directory + " " + options);
    }

    private static MountStats stats() {
        MountStats stats = client.stats(DIRECTORY);
        ScenarioReport.note("mount: " + stats.line());
        return stats;
    }

    /** Linux keeps a connection to a data server while it knows the device. */
    private static String over(int port) {
        return over(client, port);
    }

    private static String over(KernelClient machine, int port) {
        String address = " " + HOST.replace(".", "[.]") + ":" + port + "( |$)";
        String rdma = machine.run("rdma resource show cm_id | grep -cE 'dst-addr" + address + "' || true");
        String any = machine.run("ss -Htn state established | grep -cE '" + address + "' || true");
        return !rdma.equals("0") ? "rdma" : !any.equals("0") ? "tcp" : "nothing";
    }

    /** What a domain moved by RDMA Read and Write until now. */
    private static long moved(JvmProcess domain) throws IOException {
        try (JvmCounters counters = JvmCounters.of(domain.pid())) {
            Map<String, Long> counted = counters.counters();
            return counted.getOrDefault("xprt.rdma_read_bytes", 0L) + counted.getOrDefault("xprt.rdma_write_bytes", 0L);
        }
    }

    /** Starts the domain of the third pool anew. */
    private static void restartSingle(String settings) {
        single.close();
        single = dcache.domain(settings);
        assertThat(dcache.pool(single, "three")).isEqualTo(pools[2]);
    }

    @Test
    void dataGoesToAllPoolsOverRdmaAndNoneByTheDoor() throws Exception {
        mount("4.1", "rdma", DIRECTORY, "");
        long atTwo = moved(two);
        long atSingle = moved(single);
        long atDoor = moved(door);
        client.run("check-sizes " + DIRECTORY + "/sizes " + SIZES);
        assertThat(stats().transport()).isEqualTo("rdma");
        assertThat(stats().calls("GETDEVICEINFO")).isEqualTo(pools.length);
        assertThat(stats().calls("LAYOUTCOMMIT")).isEqualTo(SIZES.split(" ").length);
        for (int pool : pools) {
            assertThat(over(pool)).isEqualTo("rdma");
        }
        assertThat(moved(single)).isGreaterThan(atSingle);
        assertThat(moved(two) - atTwo + moved(single) - atSingle).isGreaterThanOrEqualTo(2 * LARGE);
        assertThat(moved(door) - atDoor).as("directories and the like").isLessThan(LARGE / 10);
    }

    @Test
    void sixteenConnectionsAreAskedForAndOneMountWorks() {
        mount("4.1", "rdma", DIRECTORY, "nconnect=16");
        client.run("check-sizes " + DIRECTORY + "/sixteen " + SIZES);
        ScenarioReport.note("RDMA connections to the door with nconnect=16: "
                + client.run("rdma resource show cm_id | grep -c 'dst-addr " + HOST + ":" + doorPort + " '"));
        assertThat(stats().transport()).isEqualTo("rdma");
    }

    /** One server owner on both transports: the kernel takes the second mount for one of the same server, and purges nothing. */
    @Test
    void aSecondMountByTcpLosesNoLockAndNoByte() {
        mount("4.1", "rdma", DIRECTORY, "");
        client.start("lock", "exec 9<>" + DIRECTORY + "/locked && flock -x 9 && touch /tmp/held && until [ -e /tmp/release ]; do sleep 0.2;"
                + " done && echo still >&9 && sync " + DIRECTORY + "/locked");
        client.run("until [ -e /tmp/held ]; do sleep 0.2; done");
        mount("4.1", "tcp", "/mnt/second", "");
        ScenarioReport.note("second mount: " + client.stats("/mnt/second").line());
        client.run("check-sizes /mnt/second/sizes " + SIZES);
        assertThat(client.run("flock -n /mnt/second/locked echo got || echo held")).isEqualTo("held");
        client.run("touch /tmp/release");
        client.finish("lock");
        assertThat(client.run("cat /mnt/second/locked")).isEqualTo("still");
        assertThat(client.run("flock -n /mnt/second/locked echo got || echo held")).isEqualTo("got");
    }

    /** To NFSv4.1 two machines of one name are one client that started anew, so the second gets a name of its own. */
    @Test
    void aMachineOnRdmaAndOneOnTcpShareFilesAndLocks() {
        String copy = "for i in 1 2 3; do cp /tmp/mine " + DIRECTORY + "/%1$s-$i && sync " + DIRECTORY + "/%1$s-$i || exit 1; done";
        String sums = "for i in 1 2 3; do sha256sum < %s; done";
        try (KernelClient other = KernelClient.boot("pnfs-tcp", "stock")) {
            other.run("hostname pnfs-tcp");
            mount("4.1", "rdma", DIRECTORY, "");
            mount(other, "4.1", "tcp", DIRECTORY, "");
            for (KernelClient machine : List.of(client, other)) {
                machine.run("head -c 3000001 /dev/urandom > /tmp/mine");
            }
            client.start("at-once", "check-sizes " + DIRECTORY + "/at-once-rdma " + SIZES + " && " + String.format(copy, "rdma"));
            other.run("check-sizes " + DIRECTORY + "/at-once-tcp " + SIZES + " && " + String.format(copy, "tcp"));
            client.finish("at-once");
            assertThat(other.run(String.format(sums, DIRECTORY + "/rdma-$i"))).isEqualTo(client.run(String.format(sums, "/tmp/mine")));
            assertThat(client.run(String.format(sums, DIRECTORY + "/tcp-$i"))).isEqualTo(other.run(String.format(sums, "/tmp/mine")));
            for (int pool : pools) {
                assertThat(over(pool)).isEqualTo("rdma");
                assertThat(over(other, pool)).isEqualTo("tcp");
            }
            String lock = "flock -n " + DIRECTORY + "/tcp-1 echo got || echo held";
            client.start("lock", "exec 9<>" + DIRECTORY + "/tcp-1 && flock -n -x 9 && touch /tmp/held && until [ -e /tmp/release ]; do"
                    + " sleep 0.2; done");
            client.run("until [ -e /tmp/held ]; do sleep 0.2; done");
            assertThat(other.run(lock)).isEqualTo("held");
            client.run("touch /tmp/release");
            client.finish("lock");
            assertThat(other.run(lock)).isEqualTo("got");
            other.run("umount " + DIRECTORY);
        }
    }

    /** Such a pool does not answer a client that begins to speak iWARP: siw's patience must end before the next address is tried. */
    @Test
    void aPoolWithTcpAloneIsReachedByTheAddressBehindTheFirst() {
        restartSingle("transport=tcp");
        try {
            mount("4.1", "rdma", DIRECTORY, "");
            long begin = System.nanoTime();
            client.run("check-sizes " + DIRECTORY + "/fallback " + SIZES);
            ScenarioReport.note("with a pool that does not answer iWARP this took " + (System.nanoTime() - begin) / 1_000_000_000 + " s");
            assertThat(over(pools[0])).isEqualTo("rdma");
            assertThat(over(pools[2])).isEqualTo("tcp");
        } finally {
            restartSingle(DoorAndPools.BOTH);
        }
    }

    /** Which address answers first while the pool starts is chance. */
    @Test
    void aPoolThatIsKilledUnderLoadAndComesBackLosesNothing() {
        mount("4.1", "rdma", DIRECTORY, "");
        client.run("check-sizes " + DIRECTORY + "/before " + SIZES);
        assertThat(over(pools[2])).isEqualTo("rdma");
        client.start("load", "for i in 1 2 3; do check-sizes " + DIRECTORY + "/load-$i " + SIZES + " || exit 1; done");
        client.run("sleep 1");
        restartSingle(DoorAndPools.BOTH);
        client.run("[ ! -e /out/load.status ]");
        client.finish("load");
        String after = over(pools[2]);
        ScenarioReport.note("after its restart the pool is reached over " + after);
        assertThat(after).isNotEqualTo("nothing");
    }

    /**
     * The file stays open, so nothing but the recall makes the kernel return its layout. A LAYOUTGET in the compound of an OPEN is not
     * counted by mountstats, a later one is.
     */
    @Test
    void aLayoutIsRecalledWhileItsFileIsOpen() {
        mount("4.1", "rdma", DIRECTORY, "");
        client.run("head -c 3000001 /dev/urandom > /tmp/data");
        client.start("recall", "exec 9<>" + DIRECTORY + "/recalled && head -c 1000000 /tmp/data >&9 && sync " + DIRECTORY + "/recalled"
                + " && touch /tmp/held && until [ -e /tmp/release ]; do sleep 0.2; done && tail -c +1000001 /tmp/data >&9");
        client.run("until [ -e /tmp/held ]; do sleep 0.2; done");
        long returned = stats().calls("LAYOUTRETURN");
        long got = stats().calls("LAYOUTGET");
        assertThat(DoorAndPools.recall(door)).isPositive();
        client.run("for i in $(seq 100); do [ $(mount-stats.sh " + DIRECTORY + " | awk '/LAYOUTRETURN:/ {print $2}') -gt " + returned
                + " ] && exit 0; sleep 0.2; done; exit 1");
        client.run("touch /tmp/release");
        client.finish("recall");
        assertThat(stats().calls("LAYOUTGET")).isGreaterThan(got);
        client.run("echo 3 > /proc/sys/vm/drop_caches; cmp /tmp/data " + DIRECTORY + "/recalled");
    }

    /** NFSv4.0 has no layouts: the door reads and writes at the pools for its client, by TCP. */
    @Test
    void withoutLayoutsTheDoorReadsAndWritesForItsClient() throws Exception {
        mount("4.0", "rdma", DIRECTORY, "");
        long atPools = moved(two) + moved(single);
        long atDoor = moved(door);
        client.run("check-sizes " + DIRECTORY + "/proxy " + SIZES);
        assertThat(stats().transport()).isEqualTo("rdma");
        assertThat(moved(door) - atDoor).isGreaterThanOrEqualTo(2 * LARGE);
        assertThat(moved(two) + moved(single) - atPools).isZero();
        for (int pool : pools) {
            assertThat(over(pool)).isEqualTo("nothing");
        }
    }
}
