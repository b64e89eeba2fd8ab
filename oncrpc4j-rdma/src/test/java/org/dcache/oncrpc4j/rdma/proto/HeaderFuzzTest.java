// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.dcache.oncrpc4j.rdma.fuzz.Corpus;
import org.dcache.oncrpc4j.rdma.fuzz.FuzzTarget;
import org.dcache.oncrpc4j.rdma.fuzz.Fuzzer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Headers and private data made of good ones: they are refused, or mean exactly what their bytes say. */
@Tag("conformance-31")
@Tag("conformance-45")
class HeaderFuzzTest {

    private static final int LONGEST = 1200;
    private static final int MAX_SEGMENTS = 64;

    @Test
    void headersAndChunkLists() {
        Fuzzer.run("RPC-over-RDMA header", Corpus.read(Fuzzer.class, "rpc-rdma.txt"), 400_000, LONGEST, new Headers());
    }

    @Test
    void privateData() {
        Fuzzer.run("private data", Corpus.read(Fuzzer.class, "private-data.txt"), 200_000, 64, (data, length) -> {
            PrivateData decoded = PrivateData.decode(Arrays.copyOf(data, length));
            check(decoded == PrivateData.NONE || contains(data, length, decoded.encode()), "a block that is nowhere in the bytes");
            int threshold = PrivateData.sendThreshold(decoded, new PrivateData(false, 4096, 4096));
            check(threshold >= 1024 && threshold <= 4096, "threshold " + threshold);
        });
    }

    /** The flags of the block may have reserved bits, which are not kept. */
    private static boolean contains(byte[] data, int length, byte[] block) {
        for (int at = 0; at + block.length <= length; at += 4) {
            byte[] there = Arrays.copyOfRange(data, at, at + block.length);
            there[5] &= 1;
            if (Arrays.equals(there, block)) {
                return true;
            }
        }
        return false;
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /** One header object for all inputs, as a connection has. */
    private static final class Headers implements FuzzTarget {
        private final RdmaHeader header = new RdmaHeader();
        private final ByteBuffer again = ByteBuffer.allocate(LONGEST);

        @Override
        public void run(byte[] data, int length) {
            int consumed;
            try {
                consumed = header.decode(ByteBuffer.wrap(data, 0, length), MAX_SEGMENTS);
            } catch (MalformedHeaderException e) {
                check(HeaderLists.isChunkless(header), "chunks of a header that was refused");
                return;
            }
            check(consumed >= RdmaHeader.MIN_ERROR_LENGTH && consumed <= length, "consumed " + consumed);
            check(header.encodedLength() == consumed, "another length");
            again.clear();
            check(header.encode(again, 0) == consumed && Arrays.equals(again.array(), 0, consumed, data, 0, consumed), "other bytes");
            check(HeaderLists.readTotal(header) >= 0 && header.writeTotal(RdmaHeader.REPLY) >= 0, "a negative sum");
            rules(length - consumed);
        }

        private void rules(int inline) {
            try {
                header.checkReply();
                check(header.readCount() == 0, "a Read list in a reply");
            } catch (MalformedHeaderException e) {
                check(e.reason() != MalformedHeaderException.Reason.SHORT, "too late");
            }
            if (header.procedure() == RdmaHeader.RDMA_ERROR) {
                return;
            }
            try {
                header.checkCall();
                header.sortReads();
                long whole = header.checkReads(inline);
                long known = header.positionZero() ? header.positionZeroTotal() : inline;
                check(whole >= known && whole - known <= HeaderLists.readTotal(header) + 3L * header.readCount(),
                        "message of " + whole + " bytes");
                for (int i = 1; i < header.readCount(); i++) {
                    check(header.readPosition(i - 1) <= header.readPosition(i), "not sorted");
                }
            } catch (MalformedHeaderException e) {
                // Answered with ERR_CHUNK.
            }
        }
    }
}
