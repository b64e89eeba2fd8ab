// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.lang.reflect.InvocationTargetException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.tool.app.Console;

/**
 * The server JVM of a pair with nfs4j's basic server, unmodified, on a temporary directory. nfs4j is no part of the build, so its two
 * classes are called by reflection. It listens on all addresses and ignores the arguments. Without a portmapper it takes ten seconds to
 * start.
 */
public final class Nfs4jServerMain {

    private static final int NFS_V3 = 3;
    private static final String EXPORTS = "/ *(rw,no_root_squash,insecure)";

    private Nfs4jServerMain() {}

    public static void main(String[] args) throws Exception {
        Path root = Files.createTempDirectory("bench-nfs4j");
        Console console = new Console(Message.MARK, () -> delete(root));
        int port = freePort();
        try {
            start(port, root);
        } catch (ClassNotFoundException e) {
            throw fail(console, root,
                    new IllegalStateException("nfs4j's basic server is not in what --nfs4j-jar names: there is no " + e.getMessage(), e));
        } catch (InvocationTargetException e) {
            throw fail(console, root, e.getCause() instanceof Exception cause ? cause : e);
        } catch (ReflectiveOperationException e) {
            throw fail(console, root, new IllegalStateException("expected nfs4j with the constructors of 0.27, got another one: " + e, e));
        }
        Server.serve(console, port);
    }

    private static Exception fail(Console console, Path root, Exception cause) {
        delete(root);
        console.fail(cause);
        return cause;
    }

    private static void start(int port, Path root) throws ReflectiveOperationException {
        Class<?> exportFile = Class.forName("org.dcache.nfs.ExportFile");
        Object exports = exportFile.getConstructor(Reader.class).newInstance(new StringReader(EXPORTS));
        Class.forName("org.dcache.nfs4j.server.SimpleNfsServer")
                .getConstructor(int.class, int.class, Path.class, exportFile, String.class)
                .newInstance(NFS_V3, port, root, exports, "bench nfs4j");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void delete(Path root) {
        try (Stream<Path> tree = Files.walk(root)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            System.err.println("cannot remove " + root + ": " + e);
        }
    }
}
