// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import static org.assertj.core.api.Assertions.assertThat;

/** A test of the kernel's NFS client in one guest with our server in the other, over software RoCEv2. */
public final class RxeMount {

    /** Ports of a server that a {@link GuestJvm} starts. */
    public static final int TCP = 3049;
    public static final int RDMA = 3050;
    public static final String PORTS = "--port=" + TCP + " --rdma-port=" + RDMA;

    private static final int SIZE = 3_000_001;

    private RxeMount() {}

    /** Mounts it, writes a file, reads it without a cache, and looks at it in the server's guest. */
    public static void writesAndReads(RxePair guests, String version, String options) {
        writesAndReads(guests, "SERVER=" + RxePair.SERVER + " mount-nfs.sh " + version + " rdma " + RDMA + " / /mnt/rxe " + options);
    }

    /** The same over IPv6, NFSv3. MOUNT uses IPv4, which mount.nfs does not accept; -i leaves it to the kernel. */
    public static void writesAndReadsByIpv6(RxePair guests) {
        writesAndReads(guests, "mkdir -p /mnt/rxe && mount -i -t nfs -o vers=3,proto=rdma6,port=" + RDMA + ",addr=" + RxePair.SERVER6
                + ",nolock,mountproto=tcp,mountaddr=" + RxePair.SERVER
                + ",mountport=" + TCP + " [" + RxePair.SERVER6 + "]:/ /mnt/rxe");
    }

    private static void writesAndReads(RxePair guests, String mount) {
        LinuxGuest client = guests.client();
        client.run("nfs-client.sh && " + mount);
        client.run("pattern 5 " + SIZE + " > /mnt/rxe/file && sync /mnt/rxe/file && echo 3 > /proc/sys/vm/drop_caches");
        client.run("pattern 5 " + SIZE + " | cmp - /mnt/rxe/file");
        MountStats stats = MountStats.parse(client.run("mount-stats.sh /mnt/rxe"));
        ScenarioReport.note("mount: " + stats.line());
        assertThat(stats.transport()).isEqualTo("rdma");
        assertThat(stats.counter("bad_reply_count")).isZero();
        assertThat(stats.retransmissions()).isZero();
        client.run("umount /mnt/rxe");
        guests.server().run("pattern 5 " + SIZE + " | cmp - /tmp/export/file && rm /tmp/export/file");
    }

    /**
     * Ends the server; then only the queue pair that rxe has for itself may stay on the device. This waits, because the kernel's server
     * needs some time to end its own ones.
     */
    public static void endServer(RxePair guests) {
        GuestJvm.endServer(guests.server());
        String left = guests.server()
                .run("for i in $(seq 300); do rdma resource show | grep -q ' qp 1 ' && break; sleep 0.2; done; rdma resource show");
        assertThat(left).as("what stays on the device").contains(" qp 1 ");
    }
}
