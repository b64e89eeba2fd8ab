// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.capture.CaptureListener;
import org.dcache.oncrpc4j.rdma.capture.CaptureWalker;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.capture.PcapFile;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The types against real traffic of the Linux client and server. */
class CapturedNfs3Test {

    private static final int PORT = 20049;

    private final Map<Integer, Integer> procedures = new HashMap<>();
    private final Set<Integer> seen = new HashSet<>();
    private int calls;
    private int replies;

    @Test
    @DisplayName("every call and reply of Linux that came in one piece is decoded and encoded again to the same bytes")
    void sameBytes() throws IOException {
        InputStream stream = getClass().getResourceAsStream("/captures/siw-v3.pcap.gz");
        assertThat(stream).as("the capture among the test resources").isNotNull();
        CaptureListener listener = new CaptureListener() {
            @Override
            public void rpc(int frame, Direction direction, RdmaHeader header, ByteBuffer rpc) {
                ByteBuffer message = rpc.slice();
                if (direction == Direction.TO_SERVER) {
                    call(frame, header, message);
                } else {
                    reply(frame, header, message);
                }
            }
        };
        try (PcapFile file = PcapFile.open(stream)) {
            new CaptureWalker(PORT, listener).walk(file);
        }
        assertThat(calls).isGreaterThanOrEqualTo(70);
        assertThat(replies).isGreaterThanOrEqualTo(70);
        assertThat(seen).contains(Nfs3.GETATTR, Nfs3.LOOKUP, Nfs3.ACCESS, Nfs3.CREATE, Nfs3.READDIRPLUS, Nfs3.FSINFO, Nfs3.PATHCONF);
    }

    private void call(int frame, RdmaHeader header, ByteBuffer message) {
        int procedure = message.getInt(20);
        boolean nfs = message.getInt(12) == Nfs3.PROGRAM && procedure != Nfs3.NULL;
        if (!nfs) {
            return;
        }
        procedures.put(header.xid(), procedure);
        if (header.readCount() == 0) {
            int verifier = 24 + 8 + (message.getInt(28) + 3 & ~3);
            int from = verifier + 8 + (message.getInt(verifier + 4) + 3 & ~3);
            same(frame, Procedures.of(procedure).arguments(), message, from);
            calls++;
            seen.add(procedure);
        }
    }

    private void reply(int frame, RdmaHeader header, ByteBuffer message) {
        Integer procedure = procedures.remove(header.xid());
        boolean moved = header.writeCount() > 0 && header.writeTotal(0) > 0;
        if (procedure != null && !moved) {
            int from = 12 + 8 + (message.getInt(16) + 3 & ~3) + 4;
            same(frame, Procedures.of(procedure).results(), message, from);
            replies++;
        }
    }

    private static void same(int frame, Decoded.Reader<? extends XdrValue> reader, ByteBuffer message, int from) {
        byte[] bytes = new byte[message.limit() - from];
        message.get(from, bytes);
        Xdr in = new Xdr(bytes.clone());
        try {
            XdrValue value = Procedures.decode(reader, in);
            Xdr out = new Xdr(64);
            out.beginEncoding();
            value.xdrEncode(out);
            out.endEncoding();
            assertThat(out.getBytes()).as("frame %d: %s", frame, value).isEqualTo(bytes);
        } catch (IOException e) {
            throw new AssertionError("frame " + frame, e);
        }
    }
}
