// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Headers as they stood on the wire, or as RFC 8166 spells them out, word by word. */
class RdmaHeaderVectorsTest {

    /** NFSv4 NULL call of a Linux client over siw: header, then the inline call. */
    private static final String LINUX_NULL_CALL = """
            09b358be 00000001 00000080 00000000 00000000 00000000 00000000
            09b358be 00000000 00000002 000186a3 00000004 00000000 00000000 00000000 00000000 00000000""";

    private static final String ALL_LISTS = """
            11223344 00000001 00000020 00000001
            00000001 00000000 0000000a 00000100 0000000000001000
            00000001 00000000 0000000b 00000200 0000000000002000
            00000001 00000040 0000000c 00000003 ffffffffffff0000
            00000000
            00000001 00000002 000000d1 00001000 0000000000003000 000000d2 00000004 0000000000004000
            00000001 00000000
            00000001 00000001 000000e1 7fffffff 0000000000005000
            00000000
            00000001 00000002 000000f1 00000008 0000000000006000 000000f2 00000000 0000000000007000""";

    private final RdmaHeader header = new RdmaHeader();

    @Test
    @Tag("conformance-1")
    @DisplayName("a call of the Linux client decodes and encodes to the same bytes")
    void linuxNullCall() throws Exception {
        ByteBuffer message = bytes(LINUX_NULL_CALL);

        int length = header.decode(message, 16);

        assertThat(length).isEqualTo(28);
        assertThat(header.xid()).isEqualTo(0x09b358be);
        assertThat(header.version()).isEqualTo(1);
        assertThat(header.credits()).isEqualTo(128);
        assertThat(header.procedure()).isEqualTo(RdmaHeader.RDMA_MSG);
        assertThat(HeaderLists.isChunkless(header)).isTrue();
        assertThat(RpcWords.xid(message, length)).isEqualTo(header.xid());
        assertThat(RpcWords.type(message, length)).isEqualTo(RpcWords.CALL);
        assertThat(message.getInt(length + 8)).isEqualTo(2);
        assertThat(message.getInt(length + RpcWords.CALL_PROGRAM)).isEqualTo(100003);
        assertThat(message.getInt(length + RpcWords.CALL_PROGRAM_VERSION)).isEqualTo(4);
        assertThat(message.getInt(length + RpcWords.CALL_PROCEDURE)).isZero();
        assertThat(encoded()).isEqualTo(LINUX_NULL_CALL.replaceAll("\\s", "").substring(0, 56));
    }

    @Test
    @Tag("conformance-15")
    @Tag("conformance-17")
    @DisplayName("every list at once, an empty Write chunk among them, decodes to the segments as they stand")
    void allLists() throws Exception {
        int length = header.decode(bytes(ALL_LISTS + "deadbeef"), 100);

        assertThat(length).isEqualTo(bytes(ALL_LISTS).remaining());
        assertThat(header.procedure()).isEqualTo(RdmaHeader.RDMA_NOMSG);
        assertThat(header.readCount()).isEqualTo(3);
        assertThat(header.positionZero()).isTrue();
        assertThat(header.positionZeroTotal()).isEqualTo(0x300);
        assertThat(HeaderLists.readTotal(header)).isEqualTo(0x303);
        assertThat(header.readPosition(2)).isEqualTo(0x40);
        assertThat(header.readHandle(2)).isEqualTo(0xc);
        assertThat(header.readLength(2)).isEqualTo(3);
        assertThat(header.readOffset(2)).isEqualTo(0xffffffffffff0000L);
        assertThat(header.writeCount()).isEqualTo(3);
        assertThat(header.writeSegments(0)).isEqualTo(2);
        assertThat(header.writeSegments(1)).isZero();
        assertThat(header.writeTotal(1)).isZero();
        assertThat(header.writeTotal(0)).isEqualTo(0x1004);
        assertThat(header.writeTotal(2)).isEqualTo(0x7fffffff);
        assertThat(header.writeHandle(0, 1)).isEqualTo(0xd2);
        assertThat(header.writeOffset(2, 0)).isEqualTo(0x5000);
        assertThat(header.hasReply()).isTrue();
        assertThat(header.writeSegments(RdmaHeader.REPLY)).isEqualTo(2);
        assertThat(header.writeTotal(RdmaHeader.REPLY)).isEqualTo(8);
        assertThat(header.writeHandle(RdmaHeader.REPLY, 1)).isEqualTo(0xf2);
        assertThat(encoded()).isEqualTo(ALL_LISTS.replaceAll("\\s", ""));
    }

    @Test
    @Tag("conformance-14")
    @Tag("conformance-15")
    @Tag("conformance-22")
    @Tag("conformance-28")
    @DisplayName("the header of a reply has the call's segments in their order and says what was written")
    void callTurnedIntoReply() throws Exception {
        RdmaHeader call = new RdmaHeader();
        call.decode(bytes(ALL_LISTS), 100);
        header.reset().xid(call.xid()).credits(64);
        int left = 17;
        for (int chunk = 0; chunk < call.writeCount(); chunk++) {
            header.beginWrite();
            for (int s = 0; s < call.writeSegments(chunk); s++) {
                header.addWriteSegment(call.writeHandle(chunk, s), left, call.writeOffset(chunk, s));
                left = 0;
            }
        }
        header.beginReply();
        for (int s = 0; s < call.writeSegments(RdmaHeader.REPLY); s++) {
            header.addReplySegment(call.writeHandle(RdmaHeader.REPLY, s), 0, call.writeOffset(RdmaHeader.REPLY, s));
        }

        assertThat(encoded()).isEqualTo("""
                11223344 00000001 00000040 00000000
                00000000
                00000001 00000002 000000d1 00000011 0000000000003000 000000d2 00000000 0000000000004000
                00000001 00000000
                00000001 00000001 000000e1 00000000 0000000000005000
                00000000
                00000001 00000002 000000f1 00000000 0000000000006000 000000f2 00000000 0000000000007000"""
                .replaceAll("\\s", ""));
    }

    @Test
    @Tag("conformance-20")
    @Tag("conformance-32")
    @DisplayName("ERR_VERS repeats XID and version of the call and carries credits and our versions")
    void errVers() throws Exception {
        ByteBuffer target = ByteBuffer.allocate(40);

        assertThat(RdmaHeader.encodeErrVers(target, 4, 0xcafe, 7, 32, 1, 1)).isEqualTo(28);

        assertThat(hex(target, 0, 40)).isEqualTo("""
                00000000 0000cafe 00000007 00000020 00000004 00000001 00000001 00000001 0000000000000000"""
                .replaceAll("\\s", ""));
        header.decode(bytes("0000cafe 00000001 00000020 00000004 00000001 00000002 00000003"), 16);
        assertThat(header.errorCode()).isEqualTo(RdmaHeader.ERR_VERS);
        assertThat(header.versionLow()).isEqualTo(2);
        assertThat(header.versionHigh()).isEqualTo(3);
        assertThat(encoded()).isEqualTo("0000cafe000000010000002000000004000000010000000200000003");
    }

    @Test
    @Tag("conformance-30")
    @Tag("conformance-32")
    @DisplayName("ERR_CHUNK is 20 bytes and is taken although shorter than any other header")
    void errChunk() throws Exception {
        ByteBuffer target = ByteBuffer.allocate(20);

        assertThat(RdmaHeader.encodeErrChunk(target, 0, 0xcafe, 1, 32)).isEqualTo(20);

        assertThat(hex(target, 0, 20)).isEqualTo("0000cafe00000001000000200000000400000002");
        assertThat(header.decode(target, 16)).isEqualTo(20);
        assertThat(header.procedure()).isEqualTo(RdmaHeader.RDMA_ERROR);
        assertThat(header.errorCode()).isEqualTo(RdmaHeader.ERR_CHUNK);
        assertThat(header.encodedLength()).isEqualTo(20);
        assertThat(encoded()).isEqualTo("0000cafe00000001000000200000000400000002");
    }

    @Test
    @DisplayName("words are big-endian in a little-endian buffer too, and the message begins at the position")
    void orderAndPosition() throws Exception {
        ByteBuffer plain = bytes(LINUX_NULL_CALL);
        ByteBuffer shifted = ByteBuffer.allocateDirect(plain.remaining() + 3).order(ByteOrder.LITTLE_ENDIAN);
        shifted.position(3);
        shifted.put(plain);
        shifted.position(3);

        assertThat(header.decode(shifted, 16)).isEqualTo(28);

        assertThat(shifted.position()).isEqualTo(3);
        assertThat(header.xid()).isEqualTo(0x09b358be);
        assertThat(header.credits()).isEqualTo(128);
    }

    private String encoded() {
        ByteBuffer target = ByteBuffer.allocate(header.encodedLength() + 9);
        int length = header.encode(target, 5);
        assertThat(length).isEqualTo(header.encodedLength());
        assertThat(target.position()).isZero();
        return hex(target, 5, length);
    }

    private static String hex(ByteBuffer buffer, int at, int length) {
        return HexFormat.of().formatHex(buffer.array(), at, at + length);
    }

    static ByteBuffer bytes(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replaceAll("\\s", "")));
    }
}
