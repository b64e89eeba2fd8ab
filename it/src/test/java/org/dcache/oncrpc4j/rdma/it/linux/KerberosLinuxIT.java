// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.dcache.oncrpc4j.rdma.gss.GssService;
import org.dcache.oncrpc4j.rdma.gss.Kdc;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestKit;
import org.dcache.oncrpc4j.rdma.it.linux.harness.KernelClient;
import org.dcache.oncrpc4j.rdma.it.linux.harness.MountStats;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ServedDirectory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The Linux kernel mounts our export over RDMA with Kerberos. Its rpc.gssd makes each context over TCP, as for any RDMA mount, and the
 * kernel uses it over RDMA. Files are written, read again after the caches were dropped, and compared in the guest.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(ScenarioReport.class)
class KerberosLinuxIT {

    private static final String SERVER = "nfs/server.example.test@" + Kdc.REALM;
    private static final String GUEST = "host/guest.example.test@" + Kdc.REALM;
    private static final int UID = 1234;
    private static final int GID = 4321;
    private static final String MOUNT = "/mnt/kerberos";
    private static final String SIZES = "0 1 2 3 1000 3700 3950 4095 4096 4097 65537 1048575 1048576 1048577 2097153";

    private ServedDirectory served;
    private KernelClient client;

    @BeforeAll
    void boot() throws IOException {
        Kdc kdc = Kdc.shared();
        served = ServedDirectory.serve("--krb5=" + kdc.keytab(SERVER), "--principal=" + SERVER, "--user=" + GUEST + "=" + UID + ":" + GID,
                "--sec=krb5:krb5i:krb5p");
        // The server is root, the client is not.
        Files.setPosixFilePermissions(served.directory(), PosixFilePermissions.fromString("rwxrwxrwx"));
        client = KernelClient.boot("kerberos", "stock");
        Path keytab = GuestKit.output("kerberos").resolve("krb5.keytab");
        Files.copy(kdc.keytab(GUEST), keytab);
        client.run("krb5.sh " + Kdc.REALM + " " + kdc.port() + " " + served.tcpPort());
    }

    /** A client that unmounts destroys its context and does not wait for the answer. */
    @AfterEach
    void theServerLoggedNoError() {
        served.noErrors("Failed to send RPC");
    }

    @AfterAll
    void end() {
        try (ServedDirectory closing = served) {
            if (client != null) {
                client.close();
            }
        }
    }

    private void mount(String flavor) {
        client.run("SERVER=server.example.test mount-nfs.sh 3 rdma " + served.rdmaPort() + " / " + MOUNT + " mountport=" + served.tcpPort()
                + ",sec=" + flavor);
    }

    @ParameterizedTest
    @EnumSource(GssService.class)
    @Tag("conformance-46")
    @Tag("conformance-112")
    void filesComeBackAsTheyWereWrittenAndOnlyPlainKerberosPlacesThem(GssService service) throws IOException {
        mount(service.flavor());
        String directory = MOUNT + "/" + service.flavor();
        client.run("check-sizes " + directory + " " + SIZES);
        client.run("for i in $(seq 200); do : > " + directory
                + "/entry-with-a-name-of-some-length-$i; done; echo 3 > /proc/sys/vm/drop_caches;"
                + " [ $(ls -l " + directory + " | grep -c entry-with) = 200 ]");
        MountStats stats = client.stats(MOUNT);
        client.run("umount " + MOUNT);
        assertThat(stats.transport()).isEqualTo("rdma");
        assertThat(stats.counter("bad_reply_count")).as("bad replies").isZero();
        assertThat(stats.counter("bad_xids")).as("replies to nobody").isZero();
        assertThat(stats.retransmissions()).as("calls that were sent again").isZero();
        boolean placed = service == GssService.NONE;
        // Of a long call the kernel counts the Position-Zero chunk as a Read chunk too.
        assertThat(stats.counter("read_chunk_count")).as("WRITEs").isPositive();
        assertThat(stats.counter("write_chunk_count") > 0).as("READs by Write chunk").isEqualTo(placed);
        assertThat(stats.counter("nomsg_call_count") > 0).as("long calls").isEqualTo(!placed);
        assertThat(stats.counter("reply_chunk_count")).as("Reply chunks").isPositive();
        Path file = served.directory().resolve(service.flavor()).resolve("4097");
        assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(UID);
        assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(GID);
    }

    @Test
    void withoutKerberosThereIsNoMount() {
        assertThat(client.run("SERVER=server.example.test mount-nfs.sh 3 rdma " + served.rdmaPort() + " / " + MOUNT + " mountport="
                + served.tcpPort() + ",sec=sys 2>&1 || echo refused")).contains("refused");
    }
}
