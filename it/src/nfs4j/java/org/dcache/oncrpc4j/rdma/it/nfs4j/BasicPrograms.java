// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;

/** nfs4j's basic server and basic client, as they are released, in JVMs of their own with the agent. */
public final class BasicPrograms {

    private static final Path JARS = Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("target/nfs4j");

    private BasicPrograms() {}

    /**
     * The server, when it accepts RDMA connections; NFS and MOUNT on both ports. It waits some seconds for a portmapper where there is
     * none.
     *
     * @param root what it serves, as /
     * @param settings for the agent, begins with a comma or is empty
     */
    public static JvmProcess server(Path root, int port, int rdmaPort, String settings) throws IOException {
        Path exports = Files.writeString(root.resolveSibling(root.getFileName() + ".exports"), "/ *(rw,no_root_squash,insecure)\n");
        JvmProcess server = java("basic-server.jar", "transport=tcp,rdma,rdma.provider=iwarp,rdma.port=" + rdmaPort + settings)
                .main("org.dcache.nfs4j.server.Main", "-root", root, "-exports", exports, "-port", port)
                .start();
        try {
            server.expect("accepts RDMA connections on");
            return server;
        } catch (AssertionError e) {
            server.close();
            throw e;
        }
    }

    /** The client, driven by lines, with {@code /} mounted. */
    static JvmProcess client(int port, int rdmaPort) {
        return java("basic-client.jar", "transport=tcp,rdma,rdma.provider=iwarp,rdma.connect=" + port + ">" + rdmaPort)
                .main("org.dcache.nfs.v4.client.Main", "127.0.0.1:" + port)
                .start();
    }

    public static Path serverJar() {
        return JARS.resolve("basic-server.jar");
    }

    /** A JVM with nfs4j and the programs of {@link org.dcache.oncrpc4j.rdma.it.nfs4j.app}. @param arguments for the agent */
    static JvmProcess.Builder domain(String arguments) {
        return java("basic-server.jar", arguments, ClassPaths.domainJar());
    }

    private static JvmProcess.Builder java(String jar, String arguments, Path... more) {
        List<Path> classPath = new ArrayList<>(ClassPaths.oncrpc4j());
        // nfs4j's jars bring a logger.
        classPath.removeIf(path -> path.getFileName().toString().startsWith("slf4j-simple"));
        classPath.add(JARS.resolve(jar));
        classPath.addAll(List.of(more));
        return JvmProcess.java().agent(AgentJar.path(), arguments).classPath(classPath);
    }
}
