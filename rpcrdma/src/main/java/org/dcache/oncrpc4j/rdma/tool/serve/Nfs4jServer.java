// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.tool.Home;
import org.dcache.oncrpc4j.rdma.tool.ping.RdmaClient;
import org.dcache.oncrpc4j.rdma.tool.serve.app.ServePlan;
import org.dcache.oncrpc4j.rdma.tool.serve.app.UntilInputEnds;

/**
 * Runs nfs4j's basic server until it ends or we do. nfs4j is known by its documented command line only, so that nothing of it is needed to
 * build or to start this tool. What it logs goes to our own output; that it is ready is told when it has answered a NULL call over RDMA,
 * which a thread of its own tries until then.
 */
final class Nfs4jServer {

    private static final int NFS_PROGRAM = 100003;
    private static final int NFS_V3 = 3;
    private static final int NFS_V4 = 4;
    private static final String READ_WRITE = "/ *(rw,no_root_squash,insecure)";
    private static final String READ_ONLY = "/ *(ro,no_root_squash,insecure)";

    /** Weaves the bound of READ counts in, and lets NFSv3 clients ask for as much as NFS/RDMA moves at once; --set is stronger. */
    private static final String TRANSFER_SIZE = "-Doncrpc.rdma.nfs4j.transfer-size=1048576";

    private static final long PROBE_MILLIS = 2000;
    private static final long PAUSE_MILLIS = 500;

    private final Nfs4jOptions options;
    private final ServePlan plan;
    private final boolean readOnly;
    private final List<String> jvm;
    private final Configuration probe;

    /**
     * @param jvm the java command with flags, agent and settings, up to its class path
     * @param probe settings of the client that asks whether it is ready
     */
    Nfs4jServer(Nfs4jOptions options, ServePlan plan, boolean readOnly, List<String> jvm, Configuration probe) {
        this.options = options;
        this.plan = plan;
        this.readOnly = readOnly;
        this.jvm = jvm;
        this.probe = probe;
    }

    /**
     * @return exit status of the tool
     * @throws Nfs4jMissingException no nfs4j
     */
    int run(Home home, PrintWriter out) throws IOException, InterruptedException {
        Nfs4jClassPath classPath = Nfs4jClassPath.of(home.application(), home.export(), options.jars(), options.classPath());
        // nfs4j would find out late, and whoever has the port might answer in its place.
        for (Integer port : new Integer[] {plan.tcpPort(), plan.rdmaPort()}) {
            if (port != null) {
                checkFree(port);
            }
        }
        Path own = options.exports() == null ? Files.createTempFile("nfs4j", ".exports") : null;
        try {
            if (own != null) {
                own.toFile().deleteOnExit();
                Files.writeString(own, (readOnly ? READ_ONLY : READ_WRITE) + "\n");
            }
            Thread ready = new Thread(() -> awaitReady(out), "nfs4j ready");
            ready.setDaemon(true);
            if (plan.rdmaPort() != null) {
                ready.start();
            }
            int status = new ServerJvm(command(classPath, own != null ? own : options.exports())).run();
            ready.interrupt();
            return status;
        } finally {
            if (own != null) {
                Files.deleteIfExists(own);
            }
        }
    }

    private static void checkFree(int port) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(port));
        } catch (IOException e) {
            throw new BindException("port " + port + " cannot be used: " + e.getMessage() + "; see --port and --rdma-port");
        }
    }

    private List<String> command(Nfs4jClassPath classPath, Path exports) {
        List<String> command = new ArrayList<>(jvm);
        command.add(1, TRANSFER_SIZE);
        command.addAll(List.of("-cp", classPath.toString(), UntilInputEnds.class.getName(), Nfs4jClassPath.MAIN));
        command.addAll(List.of("-root", plan.directory(), "-exports", exports.toString(),
                "-port", "" + (plan.tcpPort() != null ? plan.tcpPort() : plan.rdmaPort()), "-nfsvers", "" + options.nfsVersion()));
        if (options.portmap()) {
            command.add("-with-portmap");
        }
        return command;
    }

    private void awaitReady(PrintWriter out) {
        try {
            while (!answers()) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            return;
        }
        out.println("nfs4j serves " + plan.directory() + " over RDMA on port " + plan.rdmaPort()
                + (plan.tcpPort() == null ? "" : " and over TCP on port " + plan.tcpPort()) + "; it has answered a call over RDMA");
        if (options.nfsVersion() != NFS_V3) {
            out.println("  mount -t nfs -o vers=4.1,rdma,port=" + plan.rdmaPort() + " SERVER:/ /mnt");
        }
        if (options.nfsVersion() != NFS_V4 && plan.tcpPort() != null) {
            out.println("  mount -t nfs -o vers=3,rdma,port=" + plan.rdmaPort() + ",nolock,mountproto=tcp,mountport=" + plan.tcpPort()
                    + " SERVER:/ /mnt");
        }
        out.flush();
    }

    private boolean answers() {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), plan.rdmaPort());
        try (RdmaClient client = new RdmaClient(address, NFS_PROGRAM, options.nfsVersion() == NFS_V3 ? NFS_V3 : NFS_V4,
                probe, PROBE_MILLIS)) {
            client.nullCall(PROBE_MILLIS);
            return true;
        } catch (IOException | TimeoutException | IllegalStateException e) {
            // IllegalStateException: it is not there yet in another way.
            return false;
        }
    }
}
