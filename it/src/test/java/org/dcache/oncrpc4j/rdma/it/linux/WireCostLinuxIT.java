// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.dcache.oncrpc4j.rdma.it.capture.PcapRecording;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestKit;
import org.dcache.oncrpc4j.rdma.it.linux.harness.KernelClient;
import org.dcache.oncrpc4j.rdma.it.linux.harness.LinuxGuest;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ServedDirectory;
import org.dcache.oncrpc4j.rdma.it.linux.harness.WireCost;
import org.dcache.oncrpc4j.rdma.it.linux.harness.WireCosts;
import org.dcache.oncrpc4j.rdma.it.linux.harness.WireCosts.Entry;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.tool.relay.Relay;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What single operations of one and the same Linux client cost on the wire, served by us and served by the kernel. Both are recorded on the
 * way through a relay. The table is left in {@code target/linux/wire-cost.txt}.
 *
 * <p>Messages and Work Requests do not depend on TCP. FPDUs and bytes do: siw makes FPDUs that fit TCP's segments, we make them as long as
 * they can be. We need no more on any line, but for the attributes that our replies to WRITE tell in addition.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(ScenarioReport.class)
@Tag("linux-full")
class WireCostLinuxIT {

    /** Our replies to WRITE say what the file was like before, which the kernel's leave out: wcc_attr (RFC 1813, section 2.6). */
    private static final int ATTRIBUTES_BEFORE = 24;

    private static final int NAMES = 500;
    private static final int SMALL = 4096;
    private static final int LARGE = 1 << 20;
    private static final int TIMES = 3;
    private static final int NFS_RDMA = 20049;
    private static final int MOUNT = 20048;
    /** In a directory of its own, since the root's handle may be shorter than others. */
    private static final NfsText FILE = NfsText.of("file");

    /** What is served, made in the working directory. */
    private static final String PREPARE = "mkdir sub large && head -c " + LARGE + " /dev/urandom > sub/file && cd large && seq " + NAMES
            + " | sed 's/^/an-entry-with-a-name-of-some-length-/' | xargs touch";

    /** What each server needed for an operation. */
    private record Line(WireCost ours, WireCost kernels) {}

    private KernelClient client;

    @BeforeAll
    void boot() {
        client = KernelClient.boot("wire-cost-client", "stock");
    }

    @AfterAll
    void end() {
        if (client != null) {
            client.close();
        }
    }

    @Test
    void noOperationNeedsMoreThanWithTheKernelsServer() throws IOException {
        Map<String, WireCost> ours = ours();
        Map<String, WireCost> kernels = kernels();
        Map<String, Line> table = new LinkedHashMap<>();
        ours.forEach((operation, cost) -> table.put(operation, new Line(cost, kernels.get(operation))));
        Files.writeString(GuestKit.output("wire-cost.txt"), text(table));
        SoftAssertions all = new SoftAssertions();
        table.forEach((operation, line) -> {
            all.assertThat(line.ours().messages()).as("messages of " + operation).isLessThanOrEqualTo(line.kernels().messages());
            all.assertThat(line.ours().workRequests()).as("Work Requests of " + operation)
                    .isLessThanOrEqualTo(line.kernels().workRequests());
            all.assertThat(line.ours().fpdus()).as("FPDUs of " + operation).isLessThanOrEqualTo(line.kernels().fpdus());
            all.assertThat(line.ours().added()).as("bytes added to the RPC messages of " + operation)
                    .isLessThanOrEqualTo(line.kernels().added());
            long more = operation.startsWith("WRITE") ? ATTRIBUTES_BEFORE : 0;
            all.assertThat(line.ours().bytes()).as("bytes of " + operation).isLessThanOrEqualTo(line.kernels().bytes() + more);
        });
        all.assertAll();
    }

    private Map<String, WireCost> ours() throws IOException {
        try (ServedDirectory served = ServedDirectory.serve()) {
            Process prepare = new ProcessBuilder("bash", "-c", PREPARE).directory(served.directory().toFile()).inheritIO().start();
            assertThat(prepare.onExit().join().exitValue()).as("status of " + PREPARE).isZero();
            return costs("wire-cost-ours", served.rdmaPort(), served.tcpPort(), "/");
        }
    }

    private Map<String, WireCost> kernels() throws IOException {
        // Stock siw may leave the client's first FPDU unread, and the Linux client waits for long.
        try (LinuxGuest knfsd = LinuxGuest.bootNfsServer("wire-cost-knfsd", "fixed", MOUNT)) {
            // Handles as those of a file system on a disk, which mountd knows by a UUID; fsid=0 is the root of version 4.
            knfsd.run("sed -i s/fsid=0/fsid=4f1c1f0e-6d2b-4a3e-9a55-3f1a6a2d7c11/ /etc/exports && exportfs -ra && cd /export && "
                    + PREPARE);
            return costs("wire-cost-knfsd", knfsd.address(NFS_RDMA).getPort(), knfsd.address(MOUNT).getPort(), "/export");
        }
    }

    /** Has the client do all operations on an export, and finds out what they cost. */
    private Map<String, WireCost> costs(String name, int port, int mountPort, String path) throws IOException {
        Path capture;
        try (PcapRecording recording = PcapRecording.named(name)) {
            capture = recording.file();
            try (Relay relay = new Relay(port, recording)) {
                operations(relay.port(), mountPort, path);
            }
        }
        List<Entry> entries = WireCosts.of(capture);
        FileHandle file = entries.stream().map(Entry::call).filter(call -> call.procedure() == Nfs3.READ).findFirst().orElseThrow()
                .handle();
        Map<String, List<WireCost>> all = new LinkedHashMap<>();
        all.put("NULL", WireCosts.of(entries, call -> call.procedure() == Nfs3.NULL));
        all.put("GETATTR", WireCosts.of(entries, call -> call.procedure() == Nfs3.GETATTR && file.equals(call.handle())));
        all.put("LOOKUP", WireCosts.of(entries, call -> call.procedure() == Nfs3.LOOKUP && FILE.equals(call.name())));
        for (int count : new int[] {SMALL, LARGE}) {
            String size = count == SMALL ? " 4 KiB" : " 1 MiB";
            all.put("READ" + size, WireCosts.of(entries, call -> call.procedure() == Nfs3.READ && call.count() == count));
            all.put("WRITE" + size, WireCosts.of(entries, call -> call.procedure() == Nfs3.WRITE && call.count() == count));
        }
        Entry first = entries.stream().filter(entry -> entry.call().procedure() == Nfs3.READDIRPLUS).findFirst().orElseThrow();
        assertThat(first.nomsg()).as("READDIRPLUS by Reply chunk").isTrue();
        List<WireCost> listing = WireCosts.of(entries, first.call()::equals);
        all.put("READDIRPLUS 64 KiB", listing.subList(0, 1));
        all.put("ls of " + NAMES + " names", List.of(listing.stream().reduce(WireCost.NONE, WireCost::plus)));
        Map<String, WireCost> costs = new LinkedHashMap<>();
        all.forEach((operation, some) -> {
            System.out.println(name + ": " + operation + ": " + some.size() + " times " + some.stream().distinct().toList());
            assertThat(some.stream().distinct().toList()).as(operation + " costs the same every time").hasSize(1);
            costs.put(operation, some.get(0));
        });
        return costs;
    }

    /**
     * One after another. On the first mount the attributes of the file are asked for, and names looked up, every time; on the second one,
     * for the listing, what READDIRPLUS tells is used.
     */
    private void operations(int port, int mountPort, String path) {
        String file = "/mnt/cost/sub/" + FILE;
        client.mount("rdma", port, mountPort, path, "/mnt/cost", "noacl", "actimeo=0", "lookupcache=none");
        for (int i = 0; i < TIMES; i++) {
            client.run("stat " + file);
            for (int size : new int[] {SMALL, LARGE}) {
                client.run("dd if=" + file + " of=/dev/null bs=" + size + " count=1 iflag=direct status=none");
                client.run("dd if=/dev/zero of=" + file + " bs=" + size + " count=1 oflag=direct conv=notrunc status=none");
            }
        }
        client.unmount("/mnt/cost");
        client.mount("rdma", port, mountPort, path, "/mnt/cost", "noacl");
        client.run("[ $(ls -Ul /mnt/cost/large | grep -c an-entry-with) = " + NAMES + " ]");
        client.unmount("/mnt/cost");
    }

    private static String text(Map<String, Line> table) {
        List<String> lines = new ArrayList<>();
        lines.add("Ours / the kernel's server. Bytes are those of FPDUs, both directions; added: those that are no RPC message.");
        lines.add(String.format("%-24s %10s %14s %14s %11s %19s %14s", "operation", "messages", "Work Requests", "Writes+Reads", "FPDUs",
                "bytes", "added"));
        table.forEach((operation, line) -> {
            WireCost ours = line.ours();
            WireCost kernels = line.kernels();
            lines.add(String.format("%-24s %10s %14s %14s %11s %19s %14s", operation, ours.messages() + " / " + kernels.messages(),
                    ours.workRequests() + " / " + kernels.workRequests(),
                    ours.writes() + "+" + ours.reads() + " / " + kernels.writes() + "+" + kernels.reads(),
                    ours.fpdus() + " / " + kernels.fpdus(),
                    ours.bytes() + " / " + kernels.bytes(), ours.added() + " / " + kernels.added()));
        });
        return String.join("\n", lines) + "\n";
    }
}
