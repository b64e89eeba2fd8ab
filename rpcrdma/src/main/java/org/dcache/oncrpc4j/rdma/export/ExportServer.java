// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.gss.GssSessionManager;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * An export behind an ordinary oncrpc4j service with NFS and MOUNT on one port, without rpcbind. Start it once, close it once.
 */
public final class ExportServer implements AutoCloseable {

    /** Name of the service, as in {@code oncrpc.rdma.port.nfs}. */
    public static final String SERVICE = "nfs";

    private final NfsExport export;
    private final OncRpcSvc service;

    /**
     * @param export closed with this
     * @param bind address to listen on
     * @param port to listen on; 0: an ephemeral one
     * @param threads that work on calls
     */
    public ExportServer(NfsExport export, String bind, int port, int threads) {
        this(export, bind, port, threads, null);
    }

    private ExportServer(NfsExport export, String bind, int port, int threads, GssSessionManager sessions) {
        this.export = export;
        OncRpcSvcBuilder builder = new OncRpcSvcBuilder()
                .withTCP()
                .withoutAutoPublish()
                .withPort(port)
                .withBindAddress(bind)
                .withServiceName(SERVICE)
                .withWorkerThreadIoStrategy()
                .withWorkerThreadPoolSize(threads)
                .withGssSessionManager(sessions);
        export.programs().forEach(builder::withRpcService);
        this.service = builder.build();
    }

    /**
     * A server that takes RPCSEC_GSS too; which flavors it serves is said by {@link ExportOptions#flavors}.
     *
     * @throws IOException if the keytab cannot be used
     */
    public static ExportServer withKerberos(NfsExport export, String bind, int port, int threads, Kerberos kerberos) throws IOException {
        return new ExportServer(export, bind, port, threads, kerberos.sessions());
    }

    /** @throws IOException if it cannot listen */
    public void start() throws IOException {
        service.start();
    }

    /** The port of the service: TCP's, or RDMA's where there is no TCP. */
    public int port() throws IOException {
        return service.getInetSocketAddress(IpProtocolType.TCP).getPort();
    }

    /** Stops the service, then closes the tree. */
    @Override
    public void close() throws IOException {
        try {
            service.stop();
        } finally {
            export.close();
        }
    }
}
