// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException.Reason;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every reason for which a header is refused, each by the bytes that cause it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MalformedHeaderTest {

    private static final String FIXED = "11223344 00000001 00000020 ";
    private static final String MSG = FIXED + "00000000 ";
    private static final int MAX_SEGMENTS = 4;

    private final RdmaHeader header = new RdmaHeader();
    private final Set<Reason> seen = EnumSet.noneOf(Reason.class);

    /** So that a new reason cannot come without a test. Runs only when the whole class did. */
    @AfterAll
    void everyReasonWasSeen() {
        if (seen.size() > 1) {
            assertThat(seen).containsExactlyInAnyOrder(Reason.values());
        }
    }

    @ParameterizedTest
    @Tag("conformance-30")
    @ValueSource(strings = {
        "", "11223344", "11223344 00000001 00000020 00000000", "11223344 00000001 00000020 00000000 00000000 00000000",
        "11223344 00000001 00000020 00000000 00000000 00000000 000000", "11223344 00000001 00000020 00000004",
        "11223344 00000001 00000020 00000004 000000", "11223344 00000002 00000020 00000004 00000002"
    })
    @DisplayName("below 28 bytes, or 20 of RDMA_ERROR, nothing is read")
    void tooShort(String hex) {
        refused(hex, Reason.SHORT);
        assertThat(header.xid()).isZero();
    }

    @Test
    @Tag("conformance-20")
    @DisplayName("another version leaves XID, version and credits to be read for ERR_VERS")
    void version() {
        refused("11223344 00000002 00000020 00000000 00000000 00000000 00000000", Reason.VERSION);

        assertThat(header.version()).isEqualTo(2);
        fixedWordsReadable();
    }

    @ParameterizedTest
    @Tag("conformance-31")
    @Tag("conformance-33")
    @ValueSource(strings = {"00000005", "ffffffff", "80000000"})
    @DisplayName("an unknown procedure is refused with the XID readable")
    void unknownProcedure(String procedure) {
        refused(FIXED + procedure + "00000000 00000000 00000000", Reason.UNKNOWN_PROCEDURE);
        fixedWordsReadable();
    }

    @Test
    @Tag("conformance-38")
    void msgpIsRefused() {
        refused(FIXED + "00000002 00000000 00000000 00000000 00000000 00000000", Reason.MSGP);
        fixedWordsReadable();
    }

    @Test
    @Tag("conformance-39")
    void doneIsRefused() {
        refused(FIXED + "00000003 00000000 00000000 00000000", Reason.DONE);
        fixedWordsReadable();
    }

    @ParameterizedTest
    @Tag("conformance-31")
    @Tag("conformance-33")
    @ValueSource(strings = {
        // no room for the lists' ends
        "00000001 00000000 0000000a 00000010 0000000000000000",
        "00000001 00000000 0000000a 00000010 00000000",
        "00000001 00000000 00000000",
        "00000000 00000001 00000000",
        // a chunk that says more segments than there are bytes
        "00000000 00000001 00000002 0000000a 00000010 0000000000000000",
        "00000000 00000000 00000001 00000001",
        "00000000 00000000 00000001 00000001 0000000a 00000010 00000000",
        "00000000 00000000 00000001"
    })
    @DisplayName("lists that the message cuts off are refused")
    void truncated(String lists) {
        refused(MSG + lists, Reason.TRUNCATED_LIST);
        fixedWordsReadable();
    }

    @Test
    @Tag("conformance-110")
    void errVersWithoutItsVersionsIsRefused() {
        refused(FIXED + "00000004 00000001", Reason.TRUNCATED_LIST);
        refused(FIXED + "00000004 00000001 00000001", Reason.TRUNCATED_LIST);
    }

    @ParameterizedTest
    @Tag("conformance-33")
    @ValueSource(strings = {
        "00000002 00000000 00000000", "ffffffff 00000000 00000000", "00000000 00000002 00000000", "00000000 00000000 01000000"
    })
    @DisplayName("a list discriminator other than 0 and 1 is refused")
    void discriminator(String lists) {
        refused(MSG + lists, Reason.BAD_LIST_DISCRIMINATOR);
    }

    @Test
    @Tag("conformance-45")
    @DisplayName("segments of all lists together, and chunks without segments, count against the limit")
    void tooManySegments() throws Exception {
        String read = "00000001 00000000 0000000a 00000010 0000000000000000 ";
        String segment = "0000000a 00000010 0000000000000000 ";
        String empty = "00000001 00000000 ";

        refused(MSG + read.repeat(5) + "00000000 00000000 00000000", Reason.TOO_MANY_SEGMENTS);
        refused(MSG + "00000000" + empty.repeat(5) + "00000000 00000000", Reason.TOO_MANY_SEGMENTS);
        refused(MSG + read.repeat(2) + "00000000 00000001 00000003" + segment.repeat(3) + "00000000 00000000",
                Reason.TOO_MANY_SEGMENTS);
        refused(MSG + read + "00000000" + empty + empty + "00000000 00000001 00000002" + segment.repeat(2),
                Reason.TOO_MANY_SEGMENTS);
        refused(MSG + "00000000 00000001 ffffffff", Reason.TOO_MANY_SEGMENTS);
        refused(MSG + "00000000 00000000 00000001 80000000", Reason.TOO_MANY_SEGMENTS);

        decode(MSG + read + "00000000 00000001 00000001" + segment + empty + "00000000 00000001 00000001" + segment);
        assertThat(header.readCount()).isEqualTo(1);
    }

    @ParameterizedTest
    @Tag("conformance-11")
    @ValueSource(strings = {"00000001", "00000002", "00000003", "7ffffffd"})
    void misalignedPosition(String position) {
        refused(MSG + "00000001" + position + "0000000a 00000010 0000000000000000 00000000 00000000 00000000",
                Reason.MISALIGNED_POSITION);
    }

    @ParameterizedTest
    @CsvSource({"00000002,ffffffffffffffff", "7fffffff,fffffffffffffff0", "00000011,fffffffffffffff0"})
    @DisplayName("a segment whose last byte is beyond 64 bits is refused in each list")
    void wraps(String length, String offset) throws Exception {
        String segment = "0000000a" + length + offset;

        refused(MSG + "00000001 00000000" + segment + "00000000 00000000 00000000", Reason.SEGMENT_WRAPS);
        refused(MSG + "00000000 00000001 00000001" + segment + "00000000 00000000", Reason.SEGMENT_WRAPS);
        refused(MSG + "00000000 00000000 00000001 00000001" + segment, Reason.SEGMENT_WRAPS);
    }

    @Test
    @DisplayName("a segment up to the last addressable byte, and one of no bytes, are taken")
    void endOfAddressSpace() throws Exception {
        decode(MSG + "00000000 00000001 00000002 0000000a 00000010 fffffffffffffff0 0000000b 00000000 ffffffffffffffff"
                + "00000000 00000000");

        assertThat(header.writeTotal(0)).isEqualTo(16);
    }

    @ParameterizedTest
    @ValueSource(strings = {"80000000", "ffffffff"})
    @DisplayName("a length or position above 2^31 - 1 is refused")
    void lengthOverflow(String length) {
        refused(MSG + "00000001 00000000 0000000a" + length + "0000000000000000 00000000 00000000 00000000",
                Reason.LENGTH_OVERFLOW);
        refused(MSG + "00000000 00000001 00000001 0000000a" + length + "0000000000000000 00000000 00000000",
                Reason.LENGTH_OVERFLOW);
        refused(MSG + "00000000 00000000 00000001 00000001 0000000a" + length + "0000000000000000", Reason.LENGTH_OVERFLOW);
        refused(MSG + "00000001" + length + "0000000a 00000004 0000000000000000 00000000 00000000 00000000",
                Reason.LENGTH_OVERFLOW);
    }

    @Test
    @Tag("conformance-21")
    @DisplayName("RDMA_NOMSG without the chunk that holds the message is refused in either direction")
    void nomsgWithoutChunk() throws Exception {
        decode(FIXED + "00000001 00000001 00000004 0000000a 00000010 0000000000000000 00000000 00000000 00000000");
        refusedBy(header::checkCall, Reason.NOMSG_WITHOUT_CHUNK);

        decode(FIXED + "00000001 00000000 00000000 00000000");
        refusedBy(header::checkCall, Reason.NOMSG_WITHOUT_CHUNK);
        refusedBy(header::checkReply, Reason.NOMSG_WITHOUT_CHUNK);

        decode(FIXED + "00000001 00000000 00000000 00000001 00000001 0000000a 00000000 0000000000000000");
        refusedBy(header::checkReply, Reason.NOMSG_WITHOUT_CHUNK);

        decode(FIXED + "00000001 00000000 00000000 00000001 00000001 0000000a 00000010 0000000000000000");
        header.checkReply();
        decode(FIXED + "00000001 00000001 00000000 0000000a 00000010 0000000000000000 00000000 00000000 00000000");
        header.checkCall();
    }

    @Test
    void positionZeroWithMsgIsRefused() throws Exception {
        decode(MSG + "00000001 00000000 0000000a 00000010 0000000000000000 00000000 00000000 00000000");
        refusedBy(header::checkCall, Reason.POSITION_ZERO_WITH_MSG);
    }

    @Test
    @Tag("conformance-22")
    void readListInReplyIsRefused() throws Exception {
        decode(MSG + "00000001 00000004 0000000a 00000010 0000000000000000 00000000 00000000 00000000");
        refusedBy(header::checkReply, Reason.READ_LIST_IN_REPLY);
    }

    @Test
    @Tag("conformance-11")
    void positionBeyondStreamIsRefused() throws Exception {
        header.reset().addRead(104, 1, 5, 0);
        refusedBy(() -> header.checkReads(100), Reason.POSITION_BEYOND_STREAM);
        assertThat(header.checkReads(104)).isEqualTo(112);
    }

    @Test
    @Tag("conformance-11")
    void overlapIsRefused() throws Exception {
        header.reset().addRead(40, 1, 5, 0);
        header.addRead(44, 1, 5, 0);
        refusedBy(() -> header.checkReads(100), Reason.CHUNKS_OVERLAP);
    }

    @Test
    @DisplayName("refusals share their exceptions, have no stack trace and say what they are about")
    void cheapToThrow() {
        for (Reason reason : Reason.values()) {
            MalformedHeaderException e = MalformedHeaderException.of(reason);
            assertThat(e).isSameAs(MalformedHeaderException.of(reason)).hasMessageStartingWith("RPC-over-RDMA header: ");
            assertThat(e.getStackTrace()).isEmpty();
            e.addSuppressed(new IllegalStateException());
            assertThat(e.getSuppressed()).isEmpty();
            assertThat(e.reason()).isEqualTo(reason);
        }
    }

    private void fixedWordsReadable() {
        assertThat(header.xid()).isEqualTo(0x11223344);
        assertThat(header.credits()).isEqualTo(32);
    }

    private void decode(String hex) throws MalformedHeaderException {
        header.decode(RdmaHeaderVectorsTest.bytes(hex), MAX_SEGMENTS);
    }

    private void refused(String hex, Reason reason) {
        // Left over from a message before: a refusal must not show them.
        header.reset().addRead(0, 1, 1, 1);
        header.beginWrite();
        header.beginReply();
        ByteBuffer message = RdmaHeaderVectorsTest.bytes(hex);
        refusedBy(() -> header.decode(message, MAX_SEGMENTS), reason);
        assertThat(HeaderLists.isChunkless(header)).isTrue();
        assertThat(message.position()).isZero();
    }

    private void refusedBy(org.assertj.core.api.ThrowableAssert.ThrowingCallable action, Reason reason) {
        MalformedHeaderException e = catchThrowableOfType(MalformedHeaderException.class, action);
        assertThat(e).isNotNull();
        assertThat(e.reason()).isEqualTo(reason);
        seen.add(reason);
    }
}
