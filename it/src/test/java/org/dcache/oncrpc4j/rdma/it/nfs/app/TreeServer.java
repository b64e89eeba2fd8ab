// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs.app;

import java.nio.file.Path;
import org.dcache.oncrpc4j.rdma.export.ExportOptions;
import org.dcache.oncrpc4j.rdma.export.NfsExport;
import org.dcache.oncrpc4j.rdma.export.Squash;
import org.dcache.oncrpc4j.rdma.export.tree.DirectoryTree;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * Serves the built-in export. Argument: a directory, or nothing for a tree in memory. Prints {@code READY PORT}. Its own command: {@code
 * memory}, bytes of memory in replies to READ that have not left yet.
 */
public final class TreeServer {

    private static final long MEMORY = 512L << 20;

    private TreeServer() {}

    public static void main(String[] args) throws Exception {
        ExportTree tree = args.length == 0 ? new MemoryTree(MEMORY) : new DirectoryTree(Path.of(args[0]), false, false);
        try (NfsExport export = new NfsExport(tree, ExportOptions.DEFAULT.withSquash(Squash.NONE))) {
            OncRpcSvcBuilder builder = new OncRpcSvcBuilder().withTCP().withoutAutoPublish().withBindAddress("127.0.0.1")
                    .withWorkerThreadIoStrategy().withServiceName("export");
            export.programs().forEach(builder::withRpcService);
            OncRpcSvc service = builder.build();
            service.start();
            System.out.println("READY " + service.getInetSocketAddress(IpProtocolType.TCP).getPort());
            new Console().serve(words -> switch (words[0]) {
                case "memory" -> "bytes=" + export.readMemoryInUse();
                default -> throw new IllegalArgumentException("unknown command " + words[0]);
            });
            service.stop();
        }
        System.exit(0);
    }
}
