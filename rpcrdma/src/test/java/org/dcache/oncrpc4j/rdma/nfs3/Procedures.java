// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import java.util.List;
import org.dcache.oncrpc4j.rdma.nfs3.args.Access3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Commit3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mkdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mknod3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Read3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdirplus3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Symlink3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Write3Args;
import org.dcache.oncrpc4j.rdma.nfs3.mount.Mount3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Access3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Commit3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Fsinfo3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Fsstat3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Getattr3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Lookup3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Pathconf3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readdir3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readlink3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Write3Res;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/** What the arguments and results of each NFS procedure are decoded with. */
final class Procedures {

    record Procedure(int number, Decoded.Reader<? extends XdrValue> arguments, Decoded.Reader<? extends XdrValue> results) {}

    static final List<Procedure> ALL = List.of(
            new Procedure(Nfs3.GETATTR, FileHandle::decode, Getattr3Res::decode),
            new Procedure(Nfs3.SETATTR, Setattr3Args::decode, Wcc3Res::decode),
            new Procedure(Nfs3.LOOKUP, DirOpArgs3::decode, Lookup3Res::decode),
            new Procedure(Nfs3.ACCESS, Access3Args::decode, Access3Res::decode),
            new Procedure(Nfs3.READLINK, FileHandle::decode, Readlink3Res::decode),
            new Procedure(Nfs3.READ, Read3Args::decode, Read3Res::decode),
            new Procedure(Nfs3.WRITE, Write3Args::decode, Write3Res::decode),
            new Procedure(Nfs3.CREATE, Create3Args::decode, Create3Res::decode),
            new Procedure(Nfs3.MKDIR, Mkdir3Args::decode, Create3Res::decode),
            new Procedure(Nfs3.SYMLINK, Symlink3Args::decode, Create3Res::decode),
            new Procedure(Nfs3.MKNOD, Mknod3Args::decode, Create3Res::decode),
            new Procedure(Nfs3.REMOVE, DirOpArgs3::decode, Wcc3Res::decode),
            new Procedure(Nfs3.RMDIR, DirOpArgs3::decode, Wcc3Res::decode),
            new Procedure(Nfs3.RENAME, Rename3Args::decode, Rename3Res::decode),
            new Procedure(Nfs3.LINK, Link3Args::decode, Link3Res::decode),
            new Procedure(Nfs3.READDIR, Readdir3Args::decode, Readdir3Res::decode),
            new Procedure(Nfs3.READDIRPLUS, Readdirplus3Args::decode, Readdir3Res::decodePlus),
            new Procedure(Nfs3.FSSTAT, FileHandle::decode, Fsstat3Res::decode),
            new Procedure(Nfs3.FSINFO, FileHandle::decode, Fsinfo3Res::decode),
            new Procedure(Nfs3.PATHCONF, FileHandle::decode, Pathconf3Res::decode),
            new Procedure(Nfs3.COMMIT, Commit3Args::decode, Commit3Res::decode));

    static final List<Decoded.Reader<? extends XdrValue>> MOUNT = List.of(NfsText::decodeDirPath, Mount3Res::decode,
            MountLists::exports, MountLists::mounts);

    static Procedure of(int number) {
        return ALL.stream().filter(p -> p.number() == number).findFirst().orElseThrow();
    }

    /** Decodes what must be a whole message. */
    static XdrValue decode(Decoded.Reader<? extends XdrValue> reader, XdrDecodingStream xdr) throws IOException {
        xdr.beginDecoding();
        XdrValue value = reader.decode(xdr);
        xdr.endDecoding();
        return value;
    }

    private Procedures() {}
}
