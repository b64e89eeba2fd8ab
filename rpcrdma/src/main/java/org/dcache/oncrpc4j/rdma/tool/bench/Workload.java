// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.tool.bench.app.ClientMain;
import org.dcache.oncrpc4j.rdma.tool.bench.app.LimitClientMain;
import org.dcache.oncrpc4j.rdma.tool.bench.app.LimitServerMain;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Nfs4jServerMain;
import org.dcache.oncrpc4j.rdma.tool.bench.app.NfsServerMain;
import org.dcache.oncrpc4j.rdma.tool.bench.app.ServerMain;

/** What is measured: a server program, and what its client speaks. Another NFS server is another constant. */
enum Workload {

    /** The measuring program. */
    BENCH(ServerMain.class, ClientMain.BENCH, List.of(), List.of(4 << 10, 64 << 10, 1 << 20), Map.of()),
    /** The built-in export of NFSv3, in memory; with the settings of {@code rpcrdma serve}; the client uses lent data. */
    NFS(NfsServerMain.class, ClientMain.NFS, List.of("export"), List.of(4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20),
            Map.of("oncrpc.rdma.lend", "on", "oncrpc.rdma.lend-replies", "on")),
    /** NFSv3 of nfs4j's basic server, on a directory; with the settings of {@code rpcrdma serve --nfs4j}. */
    NFS4J(Nfs4jServerMain.class, ClientMain.NFS, List.of("export"), List.of(4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20),
            Map.of("oncrpc.rdma.nfs4j.transfer-size", "1048576")),
    /** Nothing but FPDUs: what can be had at all. */
    LIMIT(LimitServerMain.class, LimitClientMain.class, "", List.of(), List.of(), Map.of());

    private final Class<?> server;
    private final Class<?> client;
    private final String protocol;
    private final List<String> folders;
    private final List<Integer> sizes;
    private final Map<String, String> settings;

    Workload(Class<?> server, String protocol, List<String> folders, List<Integer> sizes, Map<String, String> settings) {
        this(server, ClientMain.class, protocol, folders, sizes, settings);
    }

    Workload(Class<?> server, Class<?> client, String protocol, List<String> folders, List<Integer> sizes, Map<String, String> settings) {
        this.server = server;
        this.client = client;
        this.protocol = protocol;
        this.folders = folders;
        this.sizes = sizes;
        this.settings = settings;
    }

    /**
     * Of the RDMA pair, unless others are asked for. What these programs do with a reply never waits, so a same-thread client has its
     * handlers in the loop, as over TCP in the selector's thread.
     */
    Map<String, String> settings() {
        Map<String, String> all = new HashMap<>(settings);
        all.put("oncrpc.rdma.same-thread", "on");
        return all;
    }

    Class<?> server() {
        return server;
    }

    Class<?> client() {
        return client;
    }

    /** Last argument of the client's program. */
    String protocol() {
        return protocol;
    }

    /** With jars that its JVMs need besides, below the tool's own. */
    List<String> folders() {
        return folders;
    }

    /** Bytes of data per call, unless others are asked for. */
    List<Integer> sizes() {
        return sizes;
    }
}
