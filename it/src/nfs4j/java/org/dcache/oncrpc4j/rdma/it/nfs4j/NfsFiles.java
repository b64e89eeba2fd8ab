// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.nfs.v4.xdr.READ4resok;
import org.dcache.nfs.v4.xdr.entry4;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.nfs.v4.xdr.nfs_argop4;
import org.dcache.nfs.v4.xdr.nfs_fh4;
import org.dcache.nfs.v4.xdr.nfs_resop4;
import org.dcache.nfs.v4.xdr.stateid4;
import org.dcache.nfs.v4.xdr.verifier4;

/** File operations of a session, each one compound or a few; paths are relative to the root directory. Any thread. */
final class NfsFiles {

    /** Largest READ and WRITE. */
    static final int TRANSFER = 1 << 20;

    private static final int READDIR_BYTES = 64 << 10;

    /** An open file. */
    record Open(nfs_fh4 handle, stateid4 state) {}

    private final NfsSession session;

    NfsFiles(NfsSession session) {
        this.session = session;
    }

    /** Reproducible bytes. */
    static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    Open create(String path) throws IOException {
        return opened(session.compound(parent(path)
                .withOpenCreate(name(path), 0, session.clientId(), nfs4_prot.OPEN4_SHARE_ACCESS_BOTH).withGetfh()));
    }

    void mkdir(String path) throws IOException {
        session.compound(parent(path).withMakedir(name(path)));
    }

    private static CompoundBuilder parent(String path) {
        return new CompoundBuilder().withPutrootfh().withLookup(path.substring(0, path.lastIndexOf('/') + 1));
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** For reading. */
    Open open(String path) throws IOException {
        return opened(session.compound(openOperation(path, nfs4_prot.OPEN4_SHARE_ACCESS_READ)));
    }

    CompoundBuilder openOperation(String path, int access) {
        CompoundBuilder builder = parent(path).withOpen(name(path), 0, session.clientId(), access);
        nfs_argop4[] operations = builder.build().argarray;
        operations[operations.length - 1].opopen.share_access.value = access;
        return builder.withGetfh();
    }

    /** The last two results are those of OPEN and GETFH. */
    private static Open opened(List<nfs_resop4> results) {
        int open = results.size() - 2;
        return new Open(results.get(open + 1).opgetfh.resok4.object, results.get(open).opopen.resok4.stateid);
    }

    void write(Open file, byte[] data) throws IOException {
        for (int at = 0; at < data.length; at += TRANSFER) {
            write(file, at, ByteBuffer.wrap(data, at, Math.min(TRANSFER, data.length - at)));
        }
    }

    /** @param data at most {@link #TRANSFER} */
    void write(Open file, long at, ByteBuffer data) throws IOException {
        session.compound(new CompoundBuilder().withPutfh(file.handle()).withWrite(at, data, file.state()));
    }

    /** One READ: at most {@link #TRANSFER} bytes; {@code eof} tells whether the file ends behind them. */
    READ4resok readBlock(Open file, long at) throws IOException {
        return session.compound(new CompoundBuilder().withPutfh(file.handle()).withRead(TRANSFER, at, file.state())).get(1).opread.resok4;
    }

    /** All of a file. */
    byte[] read(Open file, int size) throws IOException {
        ByteBuffer all = ByteBuffer.allocate(size);
        boolean eof = false;
        while (!eof) {
            READ4resok result = readBlock(file, all.position());
            all.put(result.data);
            eof = result.eof;
        }
        if (all.hasRemaining()) {
            throw new IOException("end of file after " + all.position() + " of " + size + " bytes");
        }
        return all.array();
    }

    void close(Open file) throws IOException {
        session.compound(new CompoundBuilder().withPutfh(file.handle()).withClose(file.state(), 0));
    }

    /** The attributes maxread and maxwrite, which nfs4j's own classes do not decode. */
    static List<Long> transferSizes(NfsSession session) throws IOException {
        ByteBuffer values = ByteBuffer.wrap(session.compound(new CompoundBuilder().withPutrootfh()
                .withGetattr(nfs4_prot.FATTR4_MAXREAD, nfs4_prot.FATTR4_MAXWRITE)).get(1).opgetattr.resok4.obj_attributes.attr_vals.value);
        return List.of(values.getLong(), values.getLong());
    }

    /** Names in a directory; the root is "". */
    List<String> list(String path) throws IOException {
        List<String> names = new ArrayList<>();
        verifier4 verifier = new verifier4(new byte[nfs4_prot.NFS4_VERIFIER_SIZE]);
        long cookie = 0;
        boolean eof = false;
        while (!eof) {
            var result = last(session.compound(new CompoundBuilder().withPutrootfh().withLookup(path)
                    .withReaddir(cookie, verifier, READDIR_BYTES,
                    READDIR_BYTES, nfs4_prot.FATTR4_FILEID, nfs4_prot.FATTR4_TYPE, nfs4_prot.FATTR4_SIZE))).opreaddir.resok4;
            for (entry4 entry = result.reply.entries; entry != null; entry = entry.nextentry) {
                names.add(entry.name.toString());
                cookie = entry.cookie.value;
            }
            verifier = result.cookieverf;
            eof = result.reply.eof;
        }
        return names;
    }

    private static nfs_resop4 last(List<nfs_resop4> results) {
        return results.get(results.size() - 1);
    }
}
