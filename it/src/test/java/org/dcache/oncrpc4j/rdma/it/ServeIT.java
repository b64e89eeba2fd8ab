// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.JMX;
import javax.management.ObjectName;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.dcache.oncrpc4j.rdma.it.rpc.OverRdma;
import org.dcache.oncrpc4j.rdma.metrics.CountersMXBean;
import org.dcache.oncrpc4j.rdma.nfs3.BulkData;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.Decoded;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Mount3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Read3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Write3Args;
import org.dcache.oncrpc4j.rdma.nfs3.mount.Mount3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Lookup3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Write3Res;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rpcrdma serve} with an oncrpc4j client over RDMA: which way each operation takes, and how the server starts and ends. */
@OverRdma
class ServeIT {

    /** Files are cut at multiples of this. */
    private static final int CUT = 517;

    private static final int PAGE = 4096;

    @TempDir
    private Path directory;

    private static <T> T call(RpcTransport transport, int program, int procedure, XdrAble arguments, Decoded.Reader<T> reader)
            throws Exception {
        Decoded<T> result = new Decoded<>(reader);
        new RpcCall(program, 3, new RpcAuthTypeUnix(0, 0, new int[0], 1, "test"), transport)
                .call(procedure, arguments, result, 30, TimeUnit.SECONDS);
        return result.value();
    }

    private static long count(String name) throws JMException {
        ObjectName bean = new ObjectName("org.dcache.oncrpc4j.rdma:type=Counters");
        return JMX.newMXBeanProxy(ManagementFactory.getPlatformMBeanServer(), bean, CountersMXBean.class).getCounters()
                .getOrDefault("xprt." + name, 0L);
    }

    @Test
    void bulkDataGoesByChunksAndArrivesInTheFile() throws Exception {
        try (Served served = Served.start(directory.toString(), "--squash", "none");
                OncRpcClient client = new OncRpcClient(InetAddress.getLoopbackAddress(), IpProtocolType.TCP, served.rdmaPort())) {
            RpcTransport transport = client.connect();
            assertThat(transport.toString()).startsWith("rdma ");
            FileHandle root = call(transport, Mount3.PROGRAM, Mount3.MNT, NfsText.of("/"), Mount3Res::decode).handle();
            Create3Args create = Create3Args.of(new DirOpArgs3(root, NfsText.of("f")), CreateMode3.GUARDED, Sattr3.ofMode(0640));
            FileHandle file = call(transport, Nfs3.PROGRAM, Nfs3.CREATE, create, Create3Res::decode).object();
            byte[] data = new byte[(1 << 20) - 1];
            new Random(1).nextBytes(data);

            long readChunks = count("client_call_read_chunk");
            Write3Args write = new Write3Args(file, 0, data.length, Nfs3.FILE_SYNC, BulkData.shared(ByteBuffer.wrap(data)));
            Write3Res written = call(transport, Nfs3.PROGRAM, Nfs3.WRITE, write, Write3Res::decode);
            assertThat(written.status()).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(count("client_call_read_chunk")).isEqualTo(readChunks + 1);
            assertThat(Files.readAllBytes(directory.resolve("f"))).isEqualTo(data);

            long writeChunks = count("client_reply_write_chunk");
            long longReplies = count("client_reply_long");
            Read3Res read = call(transport, Nfs3.PROGRAM, Nfs3.READ, new Read3Args(file, 0, 1 << 20), Read3Res::decode);
            assertThat(read.data().toArray()).isEqualTo(data);
            assertThat(read.eof()).isTrue();
            assertThat(count("client_reply_write_chunk")).isEqualTo(writeChunks + 1);
            assertThat(count("client_reply_long")).isEqualTo(longReplies);
        }
    }

    @Test
    void aFileThatGetsShorterWhileItIsReadGivesWhatIsLeftAndNothingElse() throws Exception {
        // A newer ext4 keeps many pages as one and shows zeros up to the last of them to any reader; a tmpfs does not.
        Path memory = Path.of("/dev/shm");
        Path exported = Files.isDirectory(memory) ? Files.createTempDirectory(memory, "serve") : directory;
        Path path = exported.resolve("f");
        byte[] ones = new byte[1 << 20];
        Arrays.fill(ones, (byte) 1);
        Files.write(path, ones);
        try (Served served = Served.start(exported.toString(), "--squash", "none", "--progress");
                OncRpcClient client = new OncRpcClient(InetAddress.getLoopbackAddress(), IpProtocolType.TCP, served.rdmaPort());
                FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            RpcTransport transport = client.connect();
            FileHandle root = call(transport, Mount3.PROGRAM, Mount3.MNT, NfsText.of("/"), Mount3Res::decode).handle();
            FileHandle file = call(transport, Nfs3.PROGRAM, Nfs3.LOOKUP, new DirOpArgs3(root, NfsText.of("f")),
                    Lookup3Res::decode).object();
            Thread shortener = new Thread(() -> {
                try {
                    for (int i = 0; i < 700; i++) {
                        channel.truncate((long) i * CUT);
                        channel.write(ByteBuffer.wrap(ones), 0);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            shortener.start();
            for (int i = 0; i < 100; i++) {
                Read3Res read = call(transport, Nfs3.PROGRAM, Nfs3.READ, new Read3Args(file, 0, 1 << 20), Read3Res::decode);
                assertThat(read.count()).isEqualTo(read.data().length());
                assertOnesAndCuts(read.data().toArray());
            }
            shortener.join();
            served.expect(" calls/s, read ");
        } finally {
            Files.deleteIfExists(path);
            Files.deleteIfExists(exported);
        }
    }

    /**
     * What was read of a file of ones. Linux does not read and cut a file in one step each: a read that is under way sees the rest of the
     * page behind the cut as zeros, or, when it was past the cut already, what is left of that rest. Anything else, and zeros elsewhere,
     * would be bytes that the file never had.
     */
    private static void assertOnesAndCuts(byte[] data) {
        int i = 0;
        while (i < data.length) {
            int start = i;
            while (i < data.length && data[i] == 0) {
                i++;
            }
            if (i > start) {
                assertThat(start / CUT * CUT / PAGE).as("page of the last cut before the zeros from " + start).isEqualTo(start / PAGE);
                assertThat((i - 1) / PAGE).as("page of the last of the zeros from " + start).isEqualTo(start / PAGE);
            }
            if (i < data.length) {
                assertThat(data[i]).as("byte " + i).isEqualTo((byte) 1);
                i++;
            }
        }
    }

    @Test
    void itSaysHowToMountAndServesTcpBesideUntilItIsToldToEnd() throws Exception {
        try (Served served = Served.start("--memory", "16")) {
            assertThat(served.greeting())
                    .anyMatch(line -> line.contains("proto=rdma,port=" + served.rdmaPort() + ",mountproto=tcp,mountport="
                    + served.tcpPort()));
            assertThat(served.greeting()).anyMatch(line -> line.contains("proto=tcp,port=" + served.tcpPort()));
            assertThat(nullCall(served.tcpPort())).as("accepted, success").containsExactly(7, 1, 0, 0, 0, 0);
            served.end(false);
            try (ServerSocket again = new ServerSocket(served.tcpPort(), 1, InetAddress.getLoopbackAddress())) {
                assertThat(again.isBound()).isTrue();
            }
        }
    }

    @Test
    void onOnePortUnlessItIsToldOtherwise() throws Exception {
        try (Served served = Served.startOnOnePort("--memory", "16")) {
            int port = served.tcpPort();
            assertThat(served.greeting())
                    .anyMatch(line -> line.contains("proto=rdma,port=" + port + ",mountproto=tcp,mountport=" + port));
            assertThat(nullCall(port)).as("over TCP").containsExactly(7, 1, 0, 0, 0, 0);
            assertThat(Tool.run("ping", "-c", "1", "127.0.0.1:" + port).status()).as("over RDMA").isZero();
        }
    }

    /** The words of the reply to a NULL call of NFSv3 over plain TCP. */
    private static int[] nullCall(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            ByteBuffer call = ByteBuffer.allocate(44).putInt(0x80000000 | 40);
            for (int word : new int[] {7, 0, 2, Nfs3.PROGRAM, Nfs3.VERSION, Nfs3.NULL, 0, 0, 0, 0}) {
                call.putInt(word);
            }
            socket.getOutputStream().write(call.array());
            int[] reply = new int[6];
            ByteBuffer.wrap(socket.getInputStream().readNBytes(28)).position(4).slice().asIntBuffer().get(reply);
            return reply;
        }
    }

    @Test
    void theServersJvmDoesNotOutliveAToolThatIsKilled() throws Exception {
        try (Served served = Served.start("--memory")) {
            assertThat(served.processes()).hasSizeGreaterThanOrEqualTo(2);
            served.end(true);
        }
    }

    @Test
    void whatKeepsItFromStartingIsToldInOneLine() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertThat(Tool.run("serve", file.toString())).satisfies(r -> assertThat(r.output()).endsWith(file + " is not a directory\n"))
                .extracting(Tool.Result::status).isEqualTo(1);
        assertThat(Tool.run("serve", directory.resolve("none").toString()).output())
                .contains("there is no directory " + directory.resolve("none"));
        assertThat(Tool.run("serve").status()).isEqualTo(2);
        assertThat(Tool.run("serve", "--memory", "--transport", "udp").output()).contains("--transport is tcp, rdma or tcp,rdma");
        int port = Ports.freePair();
        for (int taken : new int[] {port, port + 1}) {
            try (ServerSocket holder = new ServerSocket(taken)) {
                Tool.Result result = Tool.run("serve", "--memory", "--port", "" + port, "--rdma-port", "" + (port + 1));
                assertThat(result.output()).as("port %d of %d", holder.getLocalPort(), port).contains("" + taken)
                        .containsIgnoringCase("in use");
                assertThat(result.output().lines()).hasSize(1);
                assertThat(result.status()).isOne();
            }
        }
    }
}
