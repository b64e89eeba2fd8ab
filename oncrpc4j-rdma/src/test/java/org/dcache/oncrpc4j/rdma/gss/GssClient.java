// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.gss;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.ietf.jgss.GSSException;

/** A program of a server, called with oncrpc4j's XDR types in a context of its own. One thread. */
public final class GssClient {

    private static final int FIRST_SIZE = 1024;

    private final Wire wire;
    private final GssSession session;

    public GssClient(Kdc kdc, Wire wire, int program, int version) throws IOException, GSSException {
        this(wire, GssSession.establish(kdc, wire, program, version));
    }

    private GssClient(Wire wire, GssSession session) {
        this.wire = wire;
        this.session = session;
    }

    /** The same context over another connection. */
    public GssClient over(Wire other) {
        return new GssClient(other, session);
    }

    public GssSession session() {
        return session;
    }

    /** @return {@code result}, decoded */
    public <T extends XdrAble> T call(int procedure, GssService service, XdrAble arguments, T result) throws IOException, GSSException {
        Xdr out = new Xdr(FIRST_SIZE);
        out.beginEncoding();
        arguments.xdrEncode(out);
        out.endEncoding();
        Xdr in = new Xdr(session.call(wire, procedure, service, out.getBytes()));
        in.beginDecoding();
        result.xdrDecode(in);
        return result;
    }
}
