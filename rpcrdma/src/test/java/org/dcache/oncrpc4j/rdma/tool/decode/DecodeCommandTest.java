// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/**
 * {@code rpcrdma decode} over the captures of Linux, against the figures that were counted with Wireshark, and over damaged copies of them.
 */
class DecodeCommandTest {

    @TempDir
    private Path folder;

    private record Result(int status, String out, String err) {}

    @ParameterizedTest
    @CsvSource({
        "siw-v3,         317, 158, 8, 129,  2, 20,  157, 9",
        "siw-v3-mtu1500, 2526, 160, 8, 1614, 2, 742, 157, 9",
        "siw-v41,        434, 220, 30, 142, 3, 39,  224, 26"
    })
    @DisplayName("the counts are those of the independent count, each of them")
    void figures(String capture, int fpdus, int send, int sendInv, int write, int readRequest, int readResponse, int msg, int nomsg)
            throws Exception {
        String expected = String.format(
                "{\"connections\": 2, \"mpa_fpdus\": %d, \"bad_crc\": 0, \"crc_checked\": 0, \"send\": %d, \"send_inv\": %d,"
                + " \"write\": %d, \"read_request\": %d, \"read_response\": %d, \"terminate\": 0, \"rdma_msg\": %d, \"rdma_nomsg\": %d,"
                + " \"rdma_error\": 0, \"undecoded_bytes\": 0}", fpdus, send, sendInv, write, readRequest, readResponse, msg, nomsg);
        Path zipped = folder.resolve("capture.pcap.gz");
        Files.write(zipped, resource(capture, false));
        Path plain = folder.resolve("capture.pcap");
        Files.write(plain, resource(capture, true));

        for (Path file : new Path[] {zipped, plain}) {
            for (String port : new String[] {"--port=0", "--port=20049"}) {
                Result result = run("--json", "--strict", port, file.toString());
                assertThat(result.out().strip()).isEqualTo(expected);
                assertThat(result.err()).isEmpty();
                assertThat(result.status()).isZero();
            }
        }
        Result other = run("--json", "--port=2049", plain.toString());
        assertThat(other.out()).contains("\"connections\": 0", "\"mpa_fpdus\": 0", "\"undecoded_bytes\": 0");
    }

    @Test
    @DisplayName("the list has each connection with its messages, chunks and names")
    void list() throws Exception {
        Path file = folder.resolve("capture.pcap.gz");
        Files.write(file, resource("siw-v3", false));
        Result result = run(file.toString());

        assertThat(result.out())
                .contains("Connection 1: 10.0.2.15:54685 > 10.0.2.15:20049, from frame 1\n")
                .contains("Connection 2: 10.0.2.15:")
                .containsPattern("0\\.001422 > MPA Request, revision 2, no CRC, IRD 128, ORD 0, sends 4096 B inline, takes 4096 B and Send "
                + "with Invalidate\n")
                .contains("> fc66b527 RDMA_MSG   credits 128, call NFS 3 NULL  [1 FPDU]\n")
                .contains("< fc66b527 RDMA_MSG   credits 64, reply to NFS 3 NULL  [1 FPDU]\n")
                .contains("call NFS 3 WRITE read[at 112: 8bf65b07:1048576@1167b5270578d000]  [1 FPDU]\n")
                .contains("> RDMA Read Response, 1048576 B  [19 FPDUs]\n")
                .contains("call NFS 3 READ write[8bf65b06:4096@c67b527055e6000]  [1 FPDU]\n")
                .contains("< 1 RDMA Write, 17 B  [1 FPDU]\n")
                .contains("reply to NFS 3 READ write[8bf65b06:17@c67b527055e6000], invalidates 8bf65b06  [1 FPDU]\n")
                .contains("RDMA_NOMSG credits 64, reply to NFS 3 READLINK reply[8bf65b04:120@867b52710de7000 + 1c14d504:28@")
                .contains("217 FPDUs; 7588 B to the server, 2189336 B to the client\n")
                .doesNotContain("!", "not known", "program ");
        assertThat(result.out().lines().filter(l -> l.matches(" .* [0-9a-f]{8} RDMA_.*"))).hasSize(166);
        assertThat(result.out().lines()).last().asString().startsWith("connections 2, mpa_fpdus 317, bad_crc 0");
        assertThat(result.status()).isZero();
    }

    @Test
    @DisplayName("a Send of several FPDUs is one line, and says how many they were")
    void several() throws Exception {
        Path file = folder.resolve("capture.pcap.gz");
        Files.write(file, resource("siw-v3-mtu1500", false));

        assertThat(run(file.toString()).out().lines().filter(l -> l.endsWith("call NFS 3 WRITE  [3 FPDUs]"))).hasSize(1);
    }

    @Test
    @DisplayName("a capture that begins late, or ends within a frame, is decoded as far as it goes; --strict fails it")
    void damaged() throws Exception {
        byte[] whole = resource("siw-v3", true);
        Path file = folder.resolve("damaged.pcap");
        Files.write(file, Arrays.copyOf(whole, whole.length - 17));
        Result result = run("--json", file.toString());
        assertThat(result.out()).contains("\"connections\": 2");
        assertThat(result.err()).contains("damaged and was read up to frame 473").hasLineCount(1);
        assertThat(result.status()).isZero();
        assertThat(run("--json", "--strict", file.toString()).status()).isOne();

        Files.write(file, without(whole, 40));
        result = run(file.toString());
        assertThat(result.out()).contains("! frame", "NO_MPA: no MPA frame begins the stream TO_SERVER: the capture began later")
                .containsPattern("undecoded_bytes 1[0-9]+\n").contains("problems: NO_MPA 2");
        assertThat(result.status()).isZero();
        assertThat(run("--strict", file.toString()).status()).isOne();
    }

    @Test
    @DisplayName("an empty capture is decoded; it is not what --strict wants")
    void empty() throws Exception {
        Path file = folder.resolve("empty.pcap");
        Files.write(file, Arrays.copyOf(resource("siw-v3", true), 24));
        assertThat(run("--json", file.toString()).out()).contains("\"connections\": 0");
        assertThat(run("--json", file.toString()).status()).isZero();
        assertThat(run("--strict", file.toString()).status()).isOne();
    }

    @Test
    @DisplayName("what is no capture, or not there, or a wrong option, is one line and status 2")
    void unreadable() throws Exception {
        Path file = folder.resolve("text");
        Files.writeString(file, "no capture at all, only some text");
        for (String[] arguments : new String[][] {{file.toString()}, {folder.toString()}, {folder.resolve("missing").toString()}}) {
            Result result = run(arguments);
            assertThat(result.err()).hasLineCount(1).startsWith(arguments[0] + ": ");
            assertThat(result.out()).isEmpty();
            assertThat(result.status()).isEqualTo(2);
        }
        Files.write(file, new byte[] {0x1f, (byte) 0x8b, 1, 2, 3});
        assertThat(run(file.toString()).status()).isEqualTo(2);
        assertThat(run("--port=65536", file.toString()).status()).isEqualTo(2);
        assertThat(run().status()).isEqualTo(2);
    }

    private static Result run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = new CommandLine(new DecodeCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
        return new Result(status, out.toString(), err.toString());
    }

    /** A capture without its first frames. */
    private static byte[] without(byte[] capture, int frames) throws IOException {
        java.nio.ByteBuffer b = java.nio.ByteBuffer.wrap(capture).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        int at = 24;
        for (int i = 0; i < frames; i++) {
            at += 16 + b.getInt(at + 8);
        }
        byte[] rest = new byte[24 + capture.length - at];
        System.arraycopy(capture, 0, rest, 0, 24);
        System.arraycopy(capture, at, rest, 24, capture.length - at);
        return rest;
    }

    static byte[] resource(String capture, boolean plain) throws IOException {
        try (InputStream in = DecodeCommandTest.class.getResourceAsStream("/captures/" + capture + ".pcap.gz")) {
            assertThat(in).as("the capture %s among the test resources", capture).isNotNull();
            return plain ? new GZIPInputStream(in).readAllBytes() : in.readAllBytes();
        }
    }
}
