// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import org.dcache.nfs.v3.xdr.CREATE3args;
import org.dcache.nfs.v3.xdr.CREATE3res;
import org.dcache.nfs.v3.xdr.FSINFO3args;
import org.dcache.nfs.v3.xdr.FSINFO3res;
import org.dcache.nfs.v3.xdr.FSINFO3resok;
import org.dcache.nfs.v3.xdr.READ3args;
import org.dcache.nfs.v3.xdr.READ3res;
import org.dcache.nfs.v3.xdr.WRITE3args;
import org.dcache.nfs.v3.xdr.WRITE3res;
import org.dcache.nfs.v3.xdr.count3;
import org.dcache.nfs.v3.xdr.createhow3;
import org.dcache.nfs.v3.xdr.createmode3;
import org.dcache.nfs.v3.xdr.diropargs3;
import org.dcache.nfs.v3.xdr.dirpath;
import org.dcache.nfs.v3.xdr.filename3;
import org.dcache.nfs.v3.xdr.mode3;
import org.dcache.nfs.v3.xdr.mount_prot;
import org.dcache.nfs.v3.xdr.mountres3;
import org.dcache.nfs.v3.xdr.nfs3_prot;
import org.dcache.nfs.v3.xdr.nfs_fh3;
import org.dcache.nfs.v3.xdr.offset3;
import org.dcache.nfs.v3.xdr.sattr3;
import org.dcache.nfs.v3.xdr.set_atime;
import org.dcache.nfs.v3.xdr.set_gid3;
import org.dcache.nfs.v3.xdr.set_mode3;
import org.dcache.nfs.v3.xdr.set_mtime;
import org.dcache.nfs.v3.xdr.set_size3;
import org.dcache.nfs.v3.xdr.set_uid3;
import org.dcache.nfs.v3.xdr.stable_how;
import org.dcache.nfs.v3.xdr.uint32;
import org.dcache.nfs.v3.xdr.uint64;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.RpcAuth;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrAble;

/** An NFSv3 client made of nfs4j's XDR classes: MOUNT and NFS on one connection. Fails on every status but OK. One thread. */
final class Nfs3Client implements AutoCloseable {

    private final OncRpcClient client;
    private final RpcCall nfs;
    private final nfs_fh3 root = new nfs_fh3();

    Nfs3Client(InetSocketAddress server) throws IOException {
        client = new OncRpcClient(server, IpProtocolType.TCP);
        RpcTransport connection = client.connect();
        assertThat(connection.toString()).startsWith("rdma ");
        RpcAuth credential = new RpcAuthTypeUnix(0, 0, new int[] {0}, 0, "client");
        nfs = new RpcCall(nfs3_prot.NFS_PROGRAM, nfs3_prot.NFS_V3, credential, connection);
        mountres3 mounted = new mountres3();
        new RpcCall(mount_prot.MOUNT_PROGRAM, mount_prot.MOUNT_V3, credential, connection)
                .call(mount_prot.MOUNTPROC3_MNT_3, new dirpath("/"), mounted);
        assertThat(mounted.fhs_status).isZero();
        root.data = mounted.mountinfo.fhandle.value;
    }

    private <T extends XdrAble> T call(int procedure, XdrAble arguments, T result) throws IOException {
        nfs.call(procedure, arguments, result);
        return result;
    }

    FSINFO3resok information() throws IOException {
        FSINFO3args args = new FSINFO3args();
        args.fsroot = root;
        FSINFO3res result = call(nfs3_prot.NFSPROC3_FSINFO_3, args, new FSINFO3res());
        assertThat(result.status).isZero();
        return result.resok;
    }

    nfs_fh3 create(String name) throws IOException {
        CREATE3args args = new CREATE3args();
        args.where = new diropargs3();
        args.where.dir = root;
        args.where.name = new filename3(name);
        args.how = new createhow3();
        args.how.mode = createmode3.UNCHECKED;
        args.how.obj_attributes = new sattr3();
        args.how.obj_attributes.mode = new set_mode3();
        args.how.obj_attributes.mode.set_it = true;
        args.how.obj_attributes.mode.mode = new mode3(new uint32(0644));
        args.how.obj_attributes.uid = new set_uid3();
        args.how.obj_attributes.gid = new set_gid3();
        args.how.obj_attributes.size = new set_size3();
        args.how.obj_attributes.atime = new set_atime();
        args.how.obj_attributes.mtime = new set_mtime();
        CREATE3res result = call(nfs3_prot.NFSPROC3_CREATE_3, args, new CREATE3res());
        assertThat(result.status).isZero();
        return result.resok.obj.handle;
    }

    void write(nfs_fh3 file, long offset, byte[] data) throws IOException {
        WRITE3args args = new WRITE3args();
        args.file = file;
        args.offset = new offset3(new uint64(offset));
        args.count = new count3(new uint32(data.length));
        args.stable = stable_how.FILE_SYNC;
        args.data = data;
        WRITE3res result = call(nfs3_prot.NFSPROC3_WRITE_3, args, new WRITE3res());
        assertThat(result.status).isZero();
        assertThat(result.resok.count.value.value).isEqualTo(data.length);
    }

    /** The result whatever its status. */
    READ3res readResult(nfs_fh3 file, long offset, int count) throws IOException {
        READ3args args = new READ3args();
        args.file = file;
        args.offset = new offset3(new uint64(offset));
        args.count = new count3(new uint32(count));
        return call(nfs3_prot.NFSPROC3_READ_3, args, new READ3res());
    }

    byte[] read(nfs_fh3 file, long offset, int count) throws IOException {
        READ3res result = readResult(file, offset, count);
        assertThat(result.status).isZero();
        assertThat(result.resok.count.value.value).isEqualTo(result.resok.data.length);
        return result.resok.data;
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
