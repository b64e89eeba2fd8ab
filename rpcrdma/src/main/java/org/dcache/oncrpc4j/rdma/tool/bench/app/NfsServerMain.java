// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import org.dcache.oncrpc4j.rdma.export.ExportOptions;
import org.dcache.oncrpc4j.rdma.export.NfsExport;
import org.dcache.oncrpc4j.rdma.export.Squash;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rpc.IoStrategy;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;

/**
 * The server JVM of a pair that speaks NFS: the built-in export, in memory. Arguments: bind address and {@link IoStrategy}; further ones
 * are ignored.
 */
public final class NfsServerMain {

    private static final long MEMORY = 256L << 20;

    private NfsServerMain() {}

    public static void main(String[] args) throws Exception {
        NfsExport export = new NfsExport(new MemoryTree(MEMORY), ExportOptions.DEFAULT.withSquash(Squash.NONE));
        OncRpcSvcBuilder builder = new OncRpcSvcBuilder()
                .withTCP()
                .withoutAutoPublish()
                .withBindAddress(args[0])
                .withIoStrategy(IoStrategy.valueOf(args[1]))
                .withServiceName("bench nfs");
        export.programs().forEach(builder::withRpcService);
        Server.run(builder.build());
    }
}
