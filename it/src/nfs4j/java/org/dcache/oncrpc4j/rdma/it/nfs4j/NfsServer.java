// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.io.IOException;
import java.io.StringReader;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.dcache.nfs.ExportFile;
import org.dcache.nfs.v3.MountServer;
import org.dcache.nfs.v3.NfsServerV3;
import org.dcache.nfs.v3.xdr.mount_prot;
import org.dcache.nfs.v3.xdr.nfs3_prot;
import org.dcache.nfs.v4.MDSOperationExecutor;
import org.dcache.nfs.v4.NFSServerV41;
import org.dcache.nfs.v4.NFSv41DeviceManager;
import org.dcache.nfs.v4.OperationExecutor;
import org.dcache.nfs.v4.ds.DSOperationExecutor;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.nfs.vfs.FsCache;
import org.dcache.nfs.vfs.VirtualFileSystem;
import org.dcache.oncrpc4j.rdma.it.nfs4j.app.MemoryFileSystem;
import org.dcache.oncrpc4j.rdma.it.nfs4j.app.PoolOperations;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/** nfs4j as its users set it up: MOUNT, NFSv3, NFSv4.0 and 4.1 in one service, on an ephemeral port of 127.0.0.1. One thread. */
final class NfsServer implements AutoCloseable {

    private final OncRpcSvc service;

    private NfsServer(OncRpcSvc service) {
        this.service = service;
    }

    /** A server of files in memory. */
    static NfsServer serve() throws IOException {
        return serve(new MemoryFileSystem(false), null);
    }

    /** @param devices null: no pNFS */
    static NfsServer serve(VirtualFileSystem files, NFSv41DeviceManager devices) throws IOException {
        ExportFile exports = exports(devices == null ? "" : ",pnfs");
        NFSServerV41.Builder builder = new NFSServerV41.Builder()
                .withVfs(files)
                .withOperationExecutor(new MDSOperationExecutor())
                .withExportTable(exports);
        return start(files, exports, (devices == null ? builder : builder.withDeviceManager(devices)).build());
    }

    /** nfs4j's data server: attributes from {@code files}, data in {@code folder}. */
    static NfsServer dataServer(VirtualFileSystem files, Path folder) throws IOException {
        FsCache data = new FsCache();
        data.setBase(folder.toFile());
        data.setMaxSize(100);
        data.setLastAccess(60);
        data.init();
        return start(files, exports(""), new DSOperationExecutor(data));
    }

    /** The same, but it replies to READ as a dCache pool. */
    static NfsServer pool(VirtualFileSystem files, Path folder) throws IOException {
        return start(files, exports(""), new PoolOperations(folder));
    }

    private static NfsServer start(VirtualFileSystem files, ExportFile exports, OperationExecutor operations) throws IOException {
        return start(files, exports, new NFSServerV41.Builder()
                .withVfs(files)
                .withOperationExecutor(operations)
                .withExportTable(exports)
                .build());
    }

    private static ExportFile exports(String options) throws IOException {
        return new ExportFile(new StringReader("/ *(rw,no_root_squash,insecure" + options + ")\n"));
    }

    private static NfsServer start(VirtualFileSystem files, ExportFile exports, NFSServerV41 nfs4) throws IOException {
        OncRpcSvc service = new OncRpcSvcBuilder()
                .withServiceName("nfs")
                .withTCP()
                .withUDP()
                .withoutAutoPublish()
                .withBindAddress("127.0.0.1")
                .withWorkerThreadIoStrategy()
                .withRpcService(new OncRpcProgram(mount_prot.MOUNT_PROGRAM, mount_prot.MOUNT_V3), new MountServer(exports, files))
                .withRpcService(new OncRpcProgram(nfs3_prot.NFS_PROGRAM, nfs3_prot.NFS_V3), new NfsServerV3(exports, files))
                .withRpcService(new OncRpcProgram(nfs4_prot.NFS4_PROGRAM, nfs4_prot.NFS_V4), nfs4)
                .build();
        service.start();
        return new NfsServer(service);
    }

    InetSocketAddress address() {
        return service.getInetSocketAddress(IpProtocolType.TCP);
    }

    /** Its UDP address, at which it is reached without RDMA. */
    InetSocketAddress udpAddress() {
        return service.getInetSocketAddress(IpProtocolType.UDP);
    }

    @Override
    public void close() throws IOException {
        service.stop();
    }
}
