// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.nfs.v4.xdr.entry4;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.nfs.v4.xdr.nfs_fh4;
import org.dcache.nfs.v4.xdr.nfs_resop4;
import org.dcache.nfs.v4.xdr.stateid4;
import org.dcache.nfs.v4.xdr.verifier4;

/** File operations of a session, each one compound or a few, in the root directory. Any thread. */
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

    Open create(String name) throws IOException {
        return opened(session.compound(new CompoundBuilder().withPutrootfh()
                .withOpenCreate(name, 0, session.clientId(), nfs4_prot.OPEN4_SHARE_ACCESS_BOTH).withGetfh()));
    }

    /** For reading. */
    Open open(String name) throws IOException {
        return opened(session.compound(openOperation(name, nfs4_prot.OPEN4_SHARE_ACCESS_READ)));
    }

    CompoundBuilder openOperation(String name, int access) {
        CompoundBuilder builder = new CompoundBuilder().withPutrootfh().withOpen(name, 0, session.clientId(), access);
        builder.build().argarray[1].opopen.share_access.value = access;
        return builder.withGetfh();
    }

    private static Open opened(List<nfs_resop4> results) {
        return new Open(results.get(2).opgetfh.resok4.object, results.get(1).opopen.resok4.stateid);
    }

    void write(Open file, byte[] data) throws IOException {
        for (int at = 0; at < data.length; at += TRANSFER) {
            int n = Math.min(TRANSFER, data.length - at);
            session.compound(new CompoundBuilder().withPutfh(file.handle()).withWrite(at, ByteBuffer.wrap(data, at, n), file.state()));
        }
    }

    /** All of a file. */
    byte[] read(Open file, int size) throws IOException {
        ByteBuffer all = ByteBuffer.allocate(size);
        boolean eof = false;
        while (!eof) {
            var result = session.compound(new CompoundBuilder().withPutfh(file.handle()).withRead(TRANSFER, all.position(), file.state()))
                    .get(1).opread.resok4;
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

    /** Names in the root directory. */
    List<String> list() throws IOException {
        List<String> names = new ArrayList<>();
        verifier4 verifier = new verifier4(new byte[nfs4_prot.NFS4_VERIFIER_SIZE]);
        long cookie = 0;
        boolean eof = false;
        while (!eof) {
            var result = session.compound(new CompoundBuilder().withPutrootfh().withReaddir(cookie, verifier, READDIR_BYTES, READDIR_BYTES,
                    nfs4_prot.FATTR4_FILEID, nfs4_prot.FATTR4_TYPE, nfs4_prot.FATTR4_SIZE)).get(1).opreaddir.resok4;
            for (entry4 entry = result.reply.entries; entry != null; entry = entry.nextentry) {
                names.add(entry.name.toString());
                cookie = entry.cookie.value;
            }
            verifier = result.cookieverf;
            eof = result.reply.eof;
        }
        return names;
    }
}
