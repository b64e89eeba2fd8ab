// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve.app;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.dcache.oncrpc4j.rdma.export.ExportServer;
import org.dcache.oncrpc4j.rdma.export.NfsExport;
import org.dcache.oncrpc4j.rdma.export.tree.DirectoryTree;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;

/**
 * Exports until it is told to end: by SIGTERM or SIGINT, or by the end of its standard input, when who started it is gone. Exit status 0
 * then, 1 when it could not start, with one line on standard error that says why.
 */
public final class ServeMain {

    private ServeMain() {}

    public static void main(String[] arguments) throws InterruptedException {
        ServePlan plan = ServePlan.parse(arguments);
        ExportServer server;
        try {
            server = start(plan);
        } catch (IOException | RuntimeException e) {
            System.err.println("rpcrdma serve: " + why(plan, e));
            System.exit(1);
            return;
        }
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stop(server);
            stopped.countDown();
        }, "stop"));
        UntilInputEnds.begin();
        Greeting.print(System.out, plan);
        stopped.await();
    }

    private static ExportServer start(ServePlan plan) throws IOException {
        ExportTree tree = plan.directory() == null ? new MemoryTree(plan.memory())
                : new DirectoryTree(Path.of(plan.directory()), plan.options().readOnly(),
                plan.durable(), plan.fsid());
        NfsExport export = new NfsExport(tree, plan.options(), plan.threads());
        ExportServer server = server(export, plan);
        try {
            server.start();
            if (plan.progress()) {
                Progress.begin(export.counters(), System.err);
            }
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
        return server;
    }

    private static ExportServer server(NfsExport export, ServePlan plan) throws IOException {
        if (plan.kerberos() == null) {
            return new ExportServer(export, plan.bind(), plan.servicePort(), plan.threads());
        }
        try {
            return ExportServer.withKerberos(export, plan.bind(), plan.servicePort(), plan.threads(), plan.kerberos());
        } catch (IOException e) {
            export.close();
            throw e;
        }
    }

    private static String why(ServePlan plan, Exception e) {
        if (e instanceof NoSuchFileException) {
            return "there is no directory " + plan.directory();
        } else if (e instanceof NotDirectoryException) {
            return plan.directory() + " is not a directory";
        } else if (e instanceof AccessDeniedException) {
            return "no permission to look into " + plan.directory();
        } else if (e instanceof BindException) {
            return bindFailure(plan, e);
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    /** oncrpc4j says only that its range of one port would not do, so the reason is asked for again; the transport says it by itself. */
    private static String bindFailure(ServePlan plan, Exception e) {
        try {
            new ServerSocket(plan.servicePort(), 1, InetAddress.getByName(plan.bind())).close();
            return e.getMessage() + "; choose another with --rdma-port";
        } catch (IOException reason) {
            return "cannot listen on " + plan.bind() + " port " + plan.servicePort() + ": " + reason.getMessage() + "; choose another with "
                    + (plan.tcpPort() != null ? "--port" : "--rdma-port");
        }
    }

    private static void stop(ExportServer server) {
        try {
            server.close();
        } catch (IOException e) {
            System.err.println("rpcrdma serve: while stopping: " + e.getMessage());
        }
    }
}
