// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.args.Read3Args;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.xdr.Xdr;

/**
 * A call of NFSv3, as far as tests need it to tell calls apart. Immutable.
 *
 * @param handle of the file, or of the directory; null for NULL
 * @param name of LOOKUP, else null
 * @param count bytes of READ or WRITE, else 0
 */
public record NfsCall(int procedure, FileHandle handle, NfsText name, int count) {

    /** Reads an RPC call from index 0; what follows the fixed part of the arguments may be missing. */
    static NfsCall decode(ByteBuffer rpc) throws IOException {
        int program = rpc.getInt(RpcWords.CALL_PROGRAM);
        int version = rpc.getInt(RpcWords.CALL_PROGRAM_VERSION);
        if (program != Nfs3.PROGRAM || version != Nfs3.VERSION) {
            throw new IOException("expected a call of NFSv3, got one of program " + program + " version " + version);
        }
        int procedure = rpc.getInt(RpcWords.CALL_PROCEDURE);
        if (procedure == Nfs3.NULL) {
            return new NfsCall(procedure, null, null, 0);
        }
        int verifier = behindAuth(rpc, RpcWords.CALL_CREDENTIAL);
        int from = behindAuth(rpc, verifier);
        byte[] bytes = new byte[rpc.limit() - from];
        rpc.get(from, bytes);
        Xdr xdr = new Xdr(bytes);
        xdr.beginDecoding();
        return switch (procedure) {
            case Nfs3.LOOKUP -> {
                DirOpArgs3 lookup = DirOpArgs3.decode(xdr);
                yield new NfsCall(procedure, lookup.dir(), lookup.name(), 0);
            }
            // WRITE begins as READ does.
            case Nfs3.READ, Nfs3.WRITE -> {
                Read3Args io = Read3Args.decode(xdr);
                yield new NfsCall(procedure, io.file(), null, io.count());
            }
            default -> new NfsCall(procedure, FileHandle.decode(xdr), null, 0);
        };
    }

    /** Behind a credential or verifier: flavor, length, body (RFC 5531, 9). */
    private static int behindAuth(ByteBuffer rpc, int at) {
        int length = rpc.getInt(at + Integer.BYTES);
        return at + 2 * Integer.BYTES + (length + 3 & ~3);
    }
}
