// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.glassfish.grizzly.FileChunk;

/** Arguments and results of {@link org.dcache.oncrpc4j.rdma.bench.BenchProtocol}, encoded the way nfs4j encodes READ and WRITE. */
final class Wire {

    private Wire() {}

    /** READ arguments and WRITE results: tag and count. */
    static final class Header implements XdrAble {

        long tag;
        int count;

        Header set(long newTag, int newCount) {
            tag = newTag;
            count = newCount;
            return this;
        }

        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws IOException {
            tag = xdr.xdrDecodeLong();
            count = xdr.xdrDecodeInt();
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) throws IOException {
            xdr.xdrEncodeLong(tag);
            xdr.xdrEncodeInt(count);
        }
    }

    /** READ results whose data is in a file. */
    record FileData(long tag, FileChunk data) implements XdrAble {

        @Override
        public void xdrDecode(XdrDecodingStream xdr) {
            throw new UnsupportedOperationException("is only sent");
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) throws IOException {
            xdr.xdrEncodeLong(tag);
            ((Xdr) xdr).xdrEncodeFileChunk(data);
        }
    }

    /** READ results and WRITE arguments: tag and data. */
    static final class Data implements XdrAble {

        long tag;
        ByteBuffer data;

        /** Encode without a copy; the data must not change afterwards. */
        boolean shallow;

        Data set(long newTag, ByteBuffer newData, boolean newShallow) {
            tag = newTag;
            data = newData;
            shallow = newShallow;
            return this;
        }

        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws IOException {
            tag = xdr.xdrDecodeLong();
            data = xdr.xdrDecodeByteBuffer();
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) throws IOException {
            xdr.xdrEncodeLong(tag);
            if (shallow) {
                ((Xdr) xdr).xdrEncodeShallowByteBuffer(data);
            } else {
                xdr.xdrEncodeByteBuffer(data);
            }
        }
    }
}
