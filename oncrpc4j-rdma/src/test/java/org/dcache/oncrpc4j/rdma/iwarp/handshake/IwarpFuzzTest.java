// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.handshake;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.fuzz.Corpus;
import org.dcache.oncrpc4j.rdma.fuzz.Fuzzer;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateMessage;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** MPA frames and Terminates made of good ones, in pieces of any size: refused, or taken to the byte. */
@Tag("conformance-45")
class IwarpFuzzTest {

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    @Test
    @Tag("conformance-75")
    @Tag("conformance-79")
    void mpaFrames() {
        BytesChannel channel = new BytesChannel();
        ByteBuffer staging = ByteBuffer.allocateDirect(1024);
        Fuzzer.run("MPA frame", Corpus.read(Fuzzer.class, "frames.txt", "mpa-"), 50_000, 700, (data, length) -> {
            boolean reply = length > 9 && data[9] == 'p';
            MpaFrameReader reader = new MpaFrameReader(reply);
            channel.of(data, length, 1 + (length > 0 ? data[length - 1] & 63 : 0));
            boolean complete = false;
            try {
                while (!complete && !channel.isEmpty()) {
                    complete = reader.read(channel, staging);
                }
            } catch (MpaFrameReader.BadFrameException e) {
                check(e.counter() != null && channel.taken() <= MpaFrame.HEADER_LENGTH, "refused after " + channel.taken());
                return;
            } catch (IOException e) {
                throw new AssertionError("expected the end of the stream", e);
            }
            if (complete) {
                taken(reader.frame(), channel.taken());
            } else {
                check(channel.taken() < MpaFrame.HEADER_LENGTH + MpaFrame.MAX_PRIVATE_DATA, "waits for more than there can be");
            }
        });
    }

    private static void taken(ByteBuffer frame, int bytes) {
        int length = MpaFrame.privateDataLength(frame, 0);
        check(bytes == MpaFrame.HEADER_LENGTH + length, "read " + bytes + " bytes of a frame with " + length + " of private data");
        byte[] upper = MpaFrame.privateData(frame, 0);
        check(upper.length == length - (MpaFrame.isEnhanced(frame, 0) ? MpaFrame.IRD_ORD_LENGTH : 0), "private data of " + upper.length);
        PrivateData.decode(upper);
    }

    @Test
    @Tag("conformance-104")
    void terminates() {
        ByteBuffer again = ByteBuffer.allocate(4);
        Fuzzer.run("Terminate", Corpus.read(Fuzzer.class, "frames.txt", "terminate"), 100_000, 64, (data, length) -> {
            if (length < TerminateMessage.CONTROL_LENGTH) {
                return;
            }
            TerminateMessage message = TerminateMessage.decode(ByteBuffer.wrap(data, 0, length), 0);
            message.put(again, 0);
            check(again.get(0) == data[0] && again.get(1) == data[1], "another error");
            check(again.get(2) == (byte) (data[2] & (message.swapped() ? 0x07 : 0xe0)), "other flags");
            if ((data[1] & 15) == 0) {
                check(message.describe().contains("layer"), "no words");
            }
        });
    }
}
