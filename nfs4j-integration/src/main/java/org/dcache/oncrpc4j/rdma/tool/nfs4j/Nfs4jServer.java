// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.nfs4j;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.tool.Home;
import org.dcache.oncrpc4j.rdma.tool.RpcRdma;
import org.dcache.oncrpc4j.rdma.tool.ping.RdmaClient;

/**
 * Runs nfs4j's basic server until it ends or we do. It is ready when it has answered a NULL call over RDMA; what it says goes to our own standard
 * output. One thread; when we are ended, so is it.
 */
public final class Nfs4jServer {

    private static final int NFS_PROGRAM = 100003;
    private static final String READ_WRITE = "/ *(rw,no_root_squash,insecure)";
    private static final String READ_ONLY = "/ *(ro,no_root_squash,insecure)";

    /** Without a portmapper oncrpc4j itself waits some seconds for one, several times. */
    private static final long START_SECONDS = 90;
    private static final long PROBE_MILLIS = 2000;
    private static final long PAUSE_MILLIS = 250;

    private final Nfs4jOptions options;
    private final Path directory;
    private final int port;
    private final int rdmaPort;
    private final boolean readOnly;
    private final Map<String, String> settings;

    /**
     * @param directory what to serve
     * @param port for TCP
     * @param settings of the transport, full names, for nfs4j's JVM
     */
    public Nfs4jServer(Nfs4jOptions options, Path directory, int port, int rdmaPort, boolean readOnly, Map<String, String> settings) {
        this.options = options;
        this.directory = directory;
        this.port = port;
        this.rdmaPort = rdmaPort;
        this.readOnly = readOnly;
        this.settings = settings;
    }

    /**
     * @return exit status of the tool
     * @throws Nfs4jMissingException no nfs4j
     */
    public int run(Home home, PrintWriter out) throws IOException, InterruptedException {
        Path agent = home.agent();
        if (!Files.isRegularFile(agent)) {
            throw new Nfs4jMissingException("there is no agent jar " + agent + "; 'mvn package' builds it");
        }
        Nfs4jClassPath classPath = Nfs4jClassPath.of(home.application(), options.jars(), options.classPath());
        Path own = options.exports() == null ? Files.createTempFile("nfs4j", ".exports") : null;
        try {
            if (own != null) {
                Files.writeString(own, (readOnly ? READ_ONLY : READ_WRITE) + "\n");
            }
            ProcessBuilder builder = new ProcessBuilder(command(agent, classPath, own != null ? own : options.exports()));
            builder.environment().remove("JAVA_TOOL_OPTIONS");
            builder.environment().remove("JDK_JAVA_OPTIONS");
            Process nfs4j = builder.inheritIO().start();
            Thread hook = new Thread(nfs4j::destroy, "end nfs4j");
            Runtime.getRuntime().addShutdownHook(hook);
            try {
                return watch(nfs4j, out);
            } finally {
                nfs4j.destroy();
            }
        } finally {
            if (own != null) {
                Files.deleteIfExists(own);
            }
        }
    }

    /** The documented command line of nfs4j's basic server, behind the agent. */
    List<String> command(Path agent, Nfs4jClassPath classPath, Path exports) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-javaagent:" + agent);
        command.add("-Doncrpc.transport=tcp,rdma");
        command.add("-Doncrpc.rdma.port=" + rdmaPort);
        settings.forEach((name, value) -> command.add("-D" + name + "=" + value));
        command.addAll(List.of("-cp", classPath.toString(), Nfs4jClassPath.MAIN));
        command.addAll(List.of("-root", directory.toString(), "-exports", exports.toString(), "-port", "" + port,
                "-nfsvers", "" + options.nfsVersion()));
        if (options.portmap()) {
            command.add("-with-portmap");
        }
        return command;
    }

    private int watch(Process nfs4j, PrintWriter out) throws InterruptedException {
        String trouble = "no answer";
        boolean ready = false;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!ready && nfs4j.isAlive() && System.nanoTime() < end) {
            trouble = probe();
            ready = trouble == null;
            if (!ready) {
                nfs4j.waitFor(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
        if (ready) {
            say(out, "nfs4j serves " + directory + ": NFS over TCP on port " + port + ", over RDMA on port " + rdmaPort
                    + ", where it has answered a call");
        } else if (nfs4j.isAlive()) {
            say(out, "nfs4j does not answer on RDMA port " + rdmaPort + " after " + START_SECONDS + " s: " + trouble);
            return RpcRdma.FAILED;
        }
        int status = nfs4j.waitFor();
        if (status != 0) {
            say(out, "nfs4j ended with status " + status);
        }
        return status == 0 ? RpcRdma.OK : RpcRdma.FAILED;
    }

    /** Null when a NULL call is answered over RDMA, else why not. */
    private String probe() {
        Configuration config = Configuration.load(System.getProperties(), "");
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), rdmaPort);
        int version = options.nfsVersion() == 3 ? 3 : 4;
        try (RdmaClient client = new RdmaClient(address, NFS_PROGRAM, version, config, PROBE_MILLIS)) {
            client.nullCall(PROBE_MILLIS);
            return null;
        } catch (IOException | TimeoutException e) {
            return e.getMessage();
        }
    }

    private static void say(PrintWriter out, String line) {
        out.println(line);
        out.flush();
    }
}
