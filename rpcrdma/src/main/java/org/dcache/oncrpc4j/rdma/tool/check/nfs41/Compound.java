// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check.nfs41;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.nfs3.Bounded;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * A COMPOUND of minor version 1 and its reply. Each operation knows how to write its arguments and to read its result; reading ends at the
 * first that the server refused, which {@link #check} throws. Used once, by one thread.
 */
final class Compound implements XdrAble {

    private static final int MINOR_VERSION = 1;
    private static final int LONGEST_TAG = 1024;
    private static final byte[] TAG = {};

    interface Part {
        void run(XdrEncodingStream xdr) throws IOException;
    }

    interface Result {
        void read(XdrDecodingStream xdr) throws IOException;
    }

    private record Operation(int number, String name, Part arguments, Result result) {}

    private final List<Operation> operations = new ArrayList<>();
    private NfsRefusalException refusal;

    Compound with(int number, String name, Part arguments, Result result) {
        operations.add(new Operation(number, name, arguments, result));
        return this;
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        xdr.xdrEncodeDynamicOpaque(TAG);
        xdr.xdrEncodeInt(MINOR_VERSION);
        xdr.xdrEncodeInt(operations.size());
        for (Operation operation : operations) {
            xdr.xdrEncodeInt(operation.number);
            operation.arguments.run(xdr);
        }
    }

    @Override
    public void xdrDecode(XdrDecodingStream xdr) throws IOException {
        int status = xdr.xdrDecodeInt();
        xdr.xdrDecodeOpaque(Bounded.length(xdr, "tag of a COMPOUND", LONGEST_TAG));
        int results = Bounded.length(xdr, "results of a COMPOUND", operations.size());
        for (Operation operation : operations.subList(0, results)) {
            int number = xdr.xdrDecodeInt();
            if (number != operation.number) {
                throw new IOException("expected the result of "
                         + operation.name + " (" + operation.number + "), got that of " + number);
            }
            int one = xdr.xdrDecodeInt();
            if (one != 0) {
                refusal = new NfsRefusalException(operation.name, one);
                return;
            }
            operation.result.read(xdr);
        }
        if (status != 0) {
            refusal = new NfsRefusalException("COMPOUND", status);
        } else if (results < operations.size()) {
            throw new IOException("expected " + operations.size() + " results of a COMPOUND, got " + results);
        }
    }

    /** After the reply. */
    void check() throws NfsRefusalException {
        if (refusal != null) {
            throw refusal;
        }
    }
}
