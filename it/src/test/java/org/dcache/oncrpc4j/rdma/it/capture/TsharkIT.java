// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dcache.oncrpc4j.rdma.export.ExportOptions;
import org.dcache.oncrpc4j.rdma.export.ExportServer;
import org.dcache.oncrpc4j.rdma.export.NfsExport;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.it.Tool;
import org.dcache.oncrpc4j.rdma.it.rpc.OverRdma;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfsclient.ClientOptions;
import org.dcache.oncrpc4j.rdma.nfsclient.Directory;
import org.dcache.oncrpc4j.rdma.nfsclient.MountClient;
import org.dcache.oncrpc4j.rdma.nfsclient.Nfs3Client;
import org.dcache.oncrpc4j.rdma.tool.relay.Relay;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * NFSv3 between our client and our server, recorded, and decoded by Wireshark and by our own tool. Both must find the same messages and
 * nothing wrong.
 *
 * <p>What Wireshark cannot do: decode NFS in the reply to a READ whose data went by a Write chunk, because it does not put the data back;
 * and decode more than the first Send of a TCP segment as RPC-over-RDMA, so that exact counts are taken from a copy of the capture with a
 * segment for each FPDU.
 */
@OverRdma
class TsharkIT {

    private static final int NAMES = 150;
    private static final int LARGE = 1 << 20;
    private static final String[] OPCODES = {"write", "read_request", "read_response", "send", "send_inv"};
    private static final Pattern MALFORMED = Pattern.compile("\\[Malformed Packet: ([^\\]]*)\\]");

    /** Errors, except the one that each reply to such a READ has. */
    private static final String ERRORS =
            "(_ws.malformed || _ws.expert.severity == \"Error\") && !(rpc.msgtyp == 1 && nfs.procedure_v3 == 6)";

    private static Decoded capture;
    private static Decoded copy;
    private static int calls;

    /** One file, by our decoder and by tshark. */
    private record Decoded(Tool.Result own, Map<String, Map<String, Integer>> values, List<String> text, List<String> errors) {

        static Decoded of(Path file) throws Exception {
            return new Decoded(Tool.run("decode", "--strict", "--json", file.toString()),
                    Tshark.values(file, "iwarp_mpa.ulpdulength", "iwarp_rdma.opcode", "rpcordma.msg_type", "nfs.procedure_v3"),
                    Tshark.text(file), Tshark.frames(file, ERRORS));
        }

        /** A count of ours. */
        int figure(String name) {
            Matcher member = Pattern.compile("\"" + name + "\": ([0-9]+)").matcher(own.output());
            assertThat(member.find()).as("%s in %s", name, own.output()).isTrue();
            return Integer.parseInt(member.group(1));
        }

        /** A count of tshark's. */
        int value(String field, String value) {
            return values.get(field).getOrDefault(value, 0);
        }

        int sum(String field) {
            return values.get(field).values().stream().mapToInt(Integer::intValue).sum();
        }
    }

    @BeforeAll
    static void record() throws Exception {
        Tshark.require();
        Path recorded = PcapRecording.folder().resolve("nfs3.pcap");
        Path copied = PcapRecording.folder().resolve("nfs3-segment-per-fpdu.pcap");
        NfsExport export = new NfsExport(new MemoryTree(64 << 20), ExportOptions.DEFAULT);
        try (ExportServer server = new ExportServer(export, "127.0.0.1", 0, 4)) {
            server.start();
            try (PcapRecording recording = PcapRecording.into(recorded); Relay relay = new Relay(server.port(), recording)) {
                traffic(ClientOptions.of(new InetSocketAddress("127.0.0.1", relay.port())));
                assertThat(recording.connections()).isEqualTo(2);
            }
        }
        SegmentPerFpdu.copy(recorded, copied);
        capture = Decoded.of(recorded);
        copy = Decoded.of(copied);
    }

    /** Every kind of message: inline, Read chunk, Write chunk, Reply chunk. */
    private static void traffic(ClientOptions options) throws IOException {
        FileHandle root;
        try (MountClient mount = new MountClient(options)) {
            root = mount.mount("/");
            calls++;
        }
        try (Nfs3Client client = new Nfs3Client(options)) {
            client.ping();
            FileHandle file = client.create(root, NfsText.of("file"), Sattr3.ofMode(0644)).handle();
            for (int length : new int[] {1, 999, 4096, 100_003, LARGE}) {
                client.write(file, 0, 2, ByteBuffer.wrap(bytes(length)));
                assertThat(client.read(file, 0, length).data().bytes()).isEqualTo(ByteBuffer.wrap(bytes(length)));
                calls += 2;
            }
            FileHandle directory = client.mkdir(root, NfsText.of("directory"), Sattr3.ofMode(0755)).handle();
            for (int i = 0; i < NAMES; i++) {
                client.create(directory, NfsText.of("a name of some length " + i), Sattr3.ofMode(0644));
            }
            client.readdirplus(directory, 0, 0, 32_768, 65_536);
            assertThat(new Directory(client, directory).entries(65_536)).hasSizeGreaterThanOrEqualTo(NAMES);
            client.lookup(root, NfsText.of("file"));
            client.fsinfo(root);
            calls += 1 + 1 + 1 + NAMES + 2 + 2;
            assertThat(client.repeats()).isZero();
        }
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + length);
        }
        return bytes;
    }

    @Test
    @DisplayName("our own decoder finds a clean capture with every kind of message")
    void ownDecoder() {
        for (Decoded d : List.of(capture, copy)) {
            assertThat(d.own().status()).as(d.own().output()).isZero();
            assertThat(d.figure("connections")).isEqualTo(2);
            assertThat(d.figure("crc_checked")).isEqualTo(d.figure("mpa_fpdus"));
            assertThat(d.figure("rdma_msg") + d.figure("rdma_nomsg")).isEqualTo(2 * calls);
            assertThat(d.figure("rdma_nomsg")).isPositive();
            for (String opcode : OPCODES) {
                assertThat(d.figure(opcode)).as(opcode).isPositive();
            }
            assertThat(d.figure("rdma_error") + d.figure("terminate")).isZero();
        }
        assertThat(copy.own()).isEqualTo(capture.own());
    }

    @Test
    @DisplayName("Wireshark finds the same FPDUs, and no wrong CRC")
    void fpdus() {
        for (Decoded d : List.of(capture, copy)) {
            assertThat(d.sum("iwarp_mpa.ulpdulength")).isEqualTo(d.figure("mpa_fpdus"));
            assertThat(d.sum("iwarp_rdma.opcode")).isEqualTo(d.figure("mpa_fpdus"));
            for (int i = 0; i < OPCODES.length; i++) {
                assertThat(d.value("iwarp_rdma.opcode", String.format("0x%02x", i))).as(OPCODES[i]).isEqualTo(d.figure(OPCODES[i]));
            }
            assertThat(d.text().stream().filter(l -> l.contains("Good CRC32"))).hasSize(d.figure("mpa_fpdus"));
            assertThat(d.text()).noneMatch(l -> l.contains("Bad CRC32"));
        }
    }

    @Test
    @DisplayName("with a segment for each FPDU Wireshark finds the same RPC-over-RDMA messages")
    void messages() {
        assertThat(copy.values().get("rpcordma.msg_type")).isEqualTo(Map.of("0", copy.figure("rdma_msg"), "1", copy.figure("rdma_nomsg")));
        assertThat(copy.value("nfs.procedure_v3", "8")).as("CREATE, calls and replies").isEqualTo(2 * (NAMES + 1));
        assertThat(capture.sum("rpcordma.msg_type")).isBetween(1, 2 * calls);
    }

    @Test
    @DisplayName("Wireshark calls nothing malformed but NFS in replies to READ with a Write chunk")
    void nothingMalformed() {
        for (Decoded d : List.of(capture, copy)) {
            assertThat(d.errors()).isEmpty();
            for (String line : d.text()) {
                Matcher malformed = MALFORMED.matcher(line);
                assertThat(!malformed.find() || malformed.group(1).equals("NFS")).as(line).isTrue();
            }
        }
    }
}
