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

/** What is measured: a server program, and the client's program and protocol. Each NFS server is a constant of its own. */
enum Workload {

    /** The measuring program's own protocol. */
    BENCH(ServerMain.class, ClientMain.BENCH, List.of(), List.of(4 << 10, 64 << 10, 1 << 20), Map.of()),
    /** The built-in export of NFSv3, in memory; with the settings of {@code rpcrdma serve}. The client uses data that is lent. */
    NFS(NfsServerMain.class, ClientMain.NFS, List.of("export"), List.of(4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20),
            Map.of("oncrpc.rdma.lend", "on", "oncrpc.rdma.lend-replies", "on")),
    /** NFSv3 of nfs4j's basic server, on a directory; with the settings of {@code rpcrdma serve --nfs4j}. */
    NFS4J(Nfs4jServerMain.class, ClientMain.NFS, List.of("export"), List.of(4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20),
            Map.of("oncrpc.rdma.nfs4j.transfer-size", "1048576")),
    /** Nothing but FPDUs: the upper limit of what can be reached. */
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
     * Settings of the RDMA pair; options override them. These programs never wait while they handle a reply, so the handlers of a
     * same-thread client run on the loop, as they run in the selector's thread over TCP.
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

    /** Folders of the tool with jars that its JVMs need in addition. */
    List<String> folders() {
        return folders;
    }

    /** Bytes of data per call, unless others are asked for. */
    List<Integer> sizes() {
        return sizes;
    }
}
