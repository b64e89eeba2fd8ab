// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.dcache.oncrpc4j.rdma.it.capture.CaptureVerdict;
import org.dcache.oncrpc4j.rdma.it.capture.Recorded;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestKit;
import org.dcache.oncrpc4j.rdma.it.linux.harness.LinuxGuest;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.dcache.oncrpc4j.rdma.it.nfs4j.BasicPrograms;
import org.dcache.oncrpc4j.rdma.it.nfs4j.WritingClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The Linux kernel's NFS client on siw, mounting nfs4j's basic server, unmodified, over RDMA. The server's files are looked at on this
 * machine's disk, and the kernel's own counters tell what the mount ran on.
 */
@ExtendWith(ScenarioReport.class)
class Nfs4jLinuxIT {

    private static final int SIZE = 3_000_001;
    private static final int MANY = 600;

    @TempDir
    private static Path folder;

    private static LinuxGuest guest;
    private static JvmProcess server;
    private static Path root;
    private static int port;

    private String command;

    @BeforeAll
    static void start() throws IOException {
        root = Files.createDirectory(folder.resolve("root"));
        port = Ports.freePair();
        guest = LinuxGuest.boot("nfs4j");
        guest.run("siw.sh stock && modprobe -a nfs nfsv3 nfsv4 rpcrdma && mkdir /tmp/mnt && head -c " + SIZE + " /dev/urandom > /tmp/data");
        ScenarioReport.note("guest nfs4j: siw stock");
        server = BasicPrograms.server(root, port, port + 1, ",rdma.nfs4j.transfer-size=1048576");
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
        if (guest != null) {
            guest.close();
        }
    }

    @BeforeEach
    void noCommand() {
        command = "";
    }

    @AfterEach
    void unmount() {
        guest.exec("umount -f /tmp/mnt");
    }

    private void mount(String version) {
        mount(version, port + 1);
    }

    private void mount(String version, int rdmaPort) {
        command = "mount -t nfs -o soft,timeo=100,retry=0,vers=" + version + ",rdma,port=" + rdmaPort
                + (version.equals("3") ? ",nolock,mountproto=tcp,mountport=" + port : "") + " 10.0.2.2:/ /tmp/mnt";
        guest.run(command);
        assertThat(guest.run("grep ' /tmp/mnt ' /proc/mounts")).contains("proto=rdma").contains("vers=" + version)
                .contains("rsize=1048576").contains("wsize=1048576");
    }

    /** Fails unless the mount is on RDMA; the numbers behind the word. */
    private static String transport() {
        String line = guest.run("awk '$1 == \"device\" {on = $5 == \"/tmp/mnt\"} on && $1 == \"xprt:\"' /proc/self/mountstats").strip();
        assertThat(line).startsWith("xprt:\trdma ");
        ScenarioReport.note("mount: " + line);
        return line;
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "4.0", "4.1", "4.2"})
    void whatLinuxWritesLiesOnTheDiskAndComesBack(String version) throws Exception {
        mount(version);
        String name = "data-" + version;
        guest.run("cp /tmp/data /tmp/mnt/" + name + " && umount /tmp/mnt && " + command + " && cmp /tmp/data /tmp/mnt/" + name);
        transport();
        byte[] written = Files.readAllBytes(root.resolve(name));
        assertThat(written).hasSize(SIZE);
        assertThat(guest.run("sha256sum < /tmp/mnt/" + name)).startsWith(sha256(written));
        guest.run("mv /tmp/mnt/" + name + " /tmp/mnt/moved && rm /tmp/mnt/moved && mkdir /tmp/mnt/folder && rmdir /tmp/mnt/folder");
        assertThat(root.resolve("moved")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "4.1"})
    void whatIsOnTheWireIsRightForUsAndForWireshark(String version) throws Exception {
        try (Recorded recorded = Recorded.before(port + 1, "nfs4j-" + version)) {
            mount(version, recorded.port());
            guest.run("for n in 1 1001 4096 65537 1048577; do head -c $n /tmp/data > /tmp/mnt/wire-" + version
                    + "-$n || exit 1; done; echo 3 > /proc/sys/vm/drop_caches;"
                    + " for n in 1 1001 4096 65537 1048577; do head -c $n /tmp/data | cmp - /tmp/mnt/wire-" + version
                    + "-$n || exit 1; done; ls -l /tmp/mnt > /dev/null");
            transport();
            guest.run("umount /tmp/mnt");
            CaptureVerdict verdict = recorded.verdict();
            ScenarioReport.note("capture " + verdict);
            assertThat(verdict.check().withCrc()).isTrue();
            for (String kind : List.of("send", "write", "read_request", "read_response", "rdma_msg")) {
                assertThat(verdict.figure(kind)).as(kind).isPositive();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "4.1"})
    void aLargeDirectoryIsListedWhole(String version) throws Exception {
        mount(version);
        String name = "many-" + version;
        guest.run("mkdir /tmp/mnt/" + name + " && cd /tmp/mnt/" + name + " && for i in $(seq " + MANY
                + "); do echo $i > file-number-$i; done");
        guest.run("umount /tmp/mnt && " + command);
        assertThat(guest.run("ls /tmp/mnt/" + name + " | sort -u | wc -l").strip()).isEqualTo("" + MANY);
        transport();
        try (var files = Files.list(root.resolve(name))) {
            assertThat(files).hasSize(MANY);
        }
    }

    @Test
    void randomWritesAndReadsOfOddSizes() throws Exception {
        mount("4.1");
        Random random = new Random(4);
        byte[] expected = new byte[400_000];
        guest.run("truncate -s " + expected.length + " /tmp/mnt/random");
        byte[] data = new byte[SIZE];
        random.nextBytes(data);
        Files.write(GuestKit.output("nfs4j").resolve("source"), data);
        StringBuilder script = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            int length = 1 + random.nextInt(9000);
            int at = random.nextInt(expected.length - length);
            System.arraycopy(data, at, expected, at, length);
            script.append("dd if=/out/source of=/tmp/mnt/random bs=9001 iflag=skip_bytes,count_bytes oflag=seek_bytes conv=notrunc "
                    + "status=none skip=")
                    .append(at).append(" seek=").append(at).append(" count=").append(length).append(" && ");
        }
        guest.run(script + "sync /tmp/mnt/random");
        assertThat(Files.readAllBytes(root.resolve("random"))).isEqualTo(expected);
        assertThat(guest.run("umount /tmp/mnt && " + command + " && sha256sum < /tmp/mnt/random")).startsWith(sha256(expected));
    }

    /**
     * CB_RECALL to the kernel on its RDMA connection: without it, and the kernel's DELEGRETURN, the other client could never open the file.
     */
    @Test
    void aDelegationOfTheKernelIsRecalled() throws Exception {
        mount("4.1");
        guest.run("echo delegated > /tmp/mnt/delegated");
        // nfs4j delegates what is opened again and again.
        guest.run("for i in 1 2 3 4; do cat /tmp/mnt/delegated > /dev/null; echo 3 > /proc/sys/vm/drop_caches; done");
        assertThat(delegreturns()).isZero();

        try (WritingClient other = new WritingClient(port)) {
            assertThat(other.refusalsUntilOpen("delegated")).isPositive();
        }
        assertThat(delegreturns()).isPositive();
        transport();
    }

    private static long delegreturns() {
        return Long.parseLong(guest.run("awk '$1 == \"device\" {on = $5 == \"/tmp/mnt\"} on && $1 == \"DELEGRETURN:\" {print $2}' "
                + "/proc/self/mountstats").strip());
    }

    private static String sha256(byte[] bytes) throws java.security.NoSuchAlgorithmException {
        return java.util.HexFormat.of().formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
