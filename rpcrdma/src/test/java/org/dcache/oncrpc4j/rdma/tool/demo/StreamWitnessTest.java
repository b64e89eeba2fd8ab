// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** The frames are of a Linux client and server (siw), unless a test makes its own. */
class StreamWitnessTest {

    private static final String REQUEST = "4d504120494420526571204672616d651002000c00800000f6ab0e1801010303";
    private static final String REPLY = "4d504120494420526570204672616d651002000c00000080f6ab0e1801000303";
    private static final String SEND =
            "0046414300000000000000000000000100000000f4bf8e97000000010000004000000000000000000000000000000000f4bf8e97000000010000"
                    + "000000000000000000000000000000000000";
    private static final String WRITE_OF_8 = "0016c140fbe18502febf8e97098ee260000000000000000100000000";
    private static final String WRITE_OF_3_WITH_PAD = "0011c140fbe1850400c08e97098f40190000006d00000000";
    private static final String READ_REQUEST =
            "002e4141000000000000000100000001000000009d5f3e01ffff88810462800000100000d922fa0709c08e970573d00000000000";

    private static byte[] hex(String... parts) {
        return HexFormat.of().parseHex(String.join("", parts));
    }

    private static StreamWitness fed(byte[] bytes) {
        StreamWitness witness = new StreamWitness();
        witness.feed(bytes, 0, bytes.length);
        return witness;
    }

    @Test
    void linuxFramesAreSeenAsWhatTheyAre() {
        StreamWitness witness = fed(hex(REPLY, SEND, WRITE_OF_8, WRITE_OF_3_WITH_PAD, READ_REQUEST, SEND));
        assertThat(witness.framing()).isEqualTo(Framing.MPA);
        assertThat(witness.crcBit()).isFalse();
        assertThat(witness.counts()).isEqualTo(Map.of(WireCount.MPA_FRAMES, 1L, WireCount.FPDUS, 5L, WireCount.SENDS, 2L,
                WireCount.RDMA_WRITES, 2L, WireCount.RDMA_WRITE_BYTES, 11L, WireCount.RDMA_READS, 1L));
    }

    @Test
    void howTheBytesArriveDoesNotMatter() {
        byte[] all = hex(REQUEST, SEND, WRITE_OF_8, READ_REQUEST, WRITE_OF_3_WITH_PAD);
        Map<WireCount, Long> expected = fed(all).counts();
        Random random = new Random(1);
        for (int round = 0; round < 200; round++) {
            StreamWitness witness = new StreamWitness();
            for (int at = 0; at < all.length; ) {
                int n = Math.min(all.length - at, 1 + random.nextInt(1 + round % 40));
                witness.feed(all, at, n);
                at += n;
            }
            assertThat(witness.framing()).isEqualTo(Framing.MPA);
            assertThat(witness.counts()).isEqualTo(expected);
        }
    }

    @Test
    void aGoodCrcIsToldFromABadOne() {
        byte[] write = hex(WRITE_OF_3_WITH_PAD);
        CRC32C crc = new CRC32C();
        crc.update(write, 0, write.length - 4);
        ByteBuffer.wrap(write).order(ByteOrder.LITTLE_ENDIAN).putInt(write.length - 4, (int) crc.getValue());
        byte[] reply = hex(REPLY);
        reply[16] |= 0x40;
        byte[] all = concat(reply, write, write, hex(WRITE_OF_8));
        StreamWitness witness = fed(all);
        assertThat(witness.crcBit()).isTrue();
        assertThat(witness.counts()).containsEntry(WireCount.FPDUS, 3L).containsEntry(WireCount.GOOD_CRCS, 2L);
    }

    @Test
    void aMessageOfSeveralSegmentsIsOneMessage() {
        byte[] first = hex(WRITE_OF_8);
        first[2] &= ~0x40;
        StreamWitness witness = fed(concat(hex(REQUEST), first, first, hex(WRITE_OF_8)));
        assertThat(witness.counts()).containsEntry(WireCount.RDMA_WRITES, 1L).containsEntry(WireCount.RDMA_WRITE_BYTES, 24L);
    }

    @Test
    void aZeroLengthWriteIsNoDataMessage() {
        StreamWitness witness = fed(hex(REQUEST, "000ec14000000001000000000000000000000000"));
        assertThat(witness.framing()).isEqualTo(Framing.MPA);
        assertThat(witness.counts()).containsEntry(WireCount.EMPTY_MESSAGES, 1L).doesNotContainKey(WireCount.RDMA_WRITES);
    }

    @Test
    void recordMarkedRpcIsSeenAsThat() {
        byte[] call = concat(words(0x80000028, 7, 0, 2, 100003, 3, 0, 0, 0, 0, 0));
        byte[] reply = concat(words(0x80000018, 7, 1, 0, 0, 0, 0));
        StreamWitness calls = fed(concat(call, call));
        StreamWitness replies = fed(concat(reply, reply, reply));
        assertThat(calls.framing()).isEqualTo(Framing.RECORD_MARKED_RPC);
        assertThat(calls.counts()).isEqualTo(Map.of(WireCount.RPC_RECORDS, 2L));
        assertThat(replies.framing()).isEqualTo(Framing.RECORD_MARKED_RPC);
        assertThat(replies.counts()).isEqualTo(Map.of(WireCount.RPC_RECORDS, 3L));
    }

    @Test
    void aRecordInFragmentsIsOneRecord() {
        byte[] call = words(0x0000000c, 7, 0, 2, 0x00000004, 100003, 0x80000018, 3, 0, 0, 0, 0, 0);
        StreamWitness witness = fed(concat(call, call));
        assertThat(witness.framing()).isEqualTo(Framing.RECORD_MARKED_RPC);
        assertThat(witness.counts()).isEqualTo(Map.of(WireCount.RPC_RECORDS, 2L));
    }

    @Test
    void rpcBehindAnMpaFrameIsNotTakenForMpa() {
        byte[] call = words(0x80000028, 7, 0, 2, 100003, 3, 0, 0, 0, 0, 0);
        StreamWitness witness = fed(concat(hex(REQUEST, SEND), call));
        assertThat(witness.framing()).isEqualTo(Framing.UNKNOWN);
        assertThat(witness.broken()).startsWith("no FPDU");
    }

    @Test
    void anMpaFrameBehindRpcIsNotTakenForRpc() {
        byte[] call = words(0x80000028, 7, 0, 2, 100003, 3, 0, 0, 0, 0, 0);
        StreamWitness witness = fed(concat(call, hex(REQUEST)));
        assertThat(witness.framing()).isEqualTo(Framing.UNKNOWN);
    }

    @Test
    void anythingElseIsUnknown() {
        StreamWitness witness = fed("GET / HTTP/1.1\r\nHost: example.org\r\n".getBytes());
        assertThat(witness.framing()).isEqualTo(Framing.UNKNOWN);
        assertThat(witness.broken()).startsWith("neither");
    }

    @Test
    void tooFewBytesAreNoVerdict() {
        assertThat(new StreamWitness().framing()).isEqualTo(Framing.TOO_SHORT);
        assertThat(fed(hex(REQUEST.substring(0, 38))).framing()).isEqualTo(Framing.TOO_SHORT);
    }

    @Test
    void anyBytesEndInAVerdictAndNotInAnException() {
        Random random = new Random(2);
        for (int round = 0; round < 500; round++) {
            byte[] noise = new byte[random.nextInt(400)];
            random.nextBytes(noise);
            StreamWitness witness = fed(round % 2 == 0 ? noise : concat(hex(REQUEST), noise));
            assertThat(witness.framing()).isNotNull();
            assertThat(witness.broken() != null).isEqualTo(witness.framing() == Framing.UNKNOWN);
        }
    }

    private static byte[] words(int... words) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * words.length);
        for (int word : words) {
            buffer.putInt(word);
        }
        return buffer.array();
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
