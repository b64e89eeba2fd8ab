// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Nfs4BindingTest {

    private static final CallHeader COMPOUND = new CallHeader(100003, 4, 1);
    private static final int HEADER = 424;
    private static final int OK = 0;
    private static final int EIO = 5;

    private final Nfs4Binding binding = new Nfs4Binding();

    private static XdrMessage call(int minor, int operations) {
        return new XdrMessage().string("tag").words(minor, operations);
    }

    private static XdrMessage results(int status, int operations) {
        return new XdrMessage().words(status).string("tag").words(operations);
    }

    private Findings walk(XdrMessage call) {
        return Findings.call(binding, COMPOUND, call, 0);
    }

    @Test
    void coversVersion4AndItsNullProcedure() {
        assertThat(binding.covers(100003, 4)).isTrue();
        assertThat(binding.covers(100003, 3)).isFalse();
        Findings f = Findings.call(binding, new CallHeader(100003, 4, 0), new XdrMessage(), 0);
        assertThat(f.bound).isEqualTo(HEADER + 8);
        assertThat(Findings.results(binding, new CallHeader(100003, 4, 0), new XdrMessage(), 0, false)).isEmpty();
    }

    private String named(XdrMessage call) {
        return binding.operation(COMPOUND, call, 0);
    }

    @Test
    void aCompoundIsNamedByTheFirstOperationThatDoesMoreThanFindItsFile() {
        assertThat(named(call(1, 4).words(53).fill(32).words(22).opaque(28).words(25).fill(16 + 8 + 4).words(9))).isEqualTo("READ");
        assertThat(named(call(0, 2).words(22).opaque(28).words(38))).isEqualTo("WRITE");
        assertThat(named(call(1, 3).words(53).fill(32).words(24, 9, 0))).isEqualTo("GETATTR");
        assertThat(named(call(1, 3).words(53).fill(32).words(22).opaque(5).words(15).string("x").words(9))).isEqualTo("LOOKUP");
        assertThat(named(call(1, 3).words(53).fill(32).words(22).opaque(5).words(26))).isEqualTo("READDIR");
        assertThat(named(call(1, 3).words(53).fill(32).words(22).opaque(5).words(18))).as("OPEN").isEqualTo("");
        assertThat(named(call(1, 3).words(53).fill(32).words(22).opaque(5).words(4711))).as("unknown").isEqualTo("");
        assertThat(named(call(1, 9).words(24, 24, 24, 24, 24, 24, 24, 24, 25))).as("too far").isEqualTo("");
    }

    @Test
    void aCompoundThatLiesAboutLengthsEndsTheLook() {
        assertThatThrownBy(() -> named(call(1, 2).words(22, -4, 25))).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> named(call(1, 2).words(22, Integer.MAX_VALUE))).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Tag("conformance-55")
    void theDataOfEachWriteIsEligibleAndTheBoundIsTheSumOfAllOperations(int minor) {
        XdrMessage call = call(minor, 4).words(22).opaque(28).words(38).fill(28).opaque(5);
        int first = call.length() - 8;
        call.words(38).fill(28).opaque(8);
        int second = call.length() - 8;
        call.words(9, 1, 0x18);
        Findings f = walk(call);
        assertThat(f.items).containsExactly(new Findings.Item(first, 5), new Findings.Item(second, 8));
        assertThat(f.results).isEmpty();
        assertThat(f.bound).isEqualTo(HEADER + 4 + 8 + 4 + 8 + 24 + 24 + 8 + 36 + 4 + 16);
    }

    @Test
    @Tag("conformance-41")
    void theAttributesOfSetattrAreTakenFromAChunkAsLinuxSendsAnAclButNeverMoved() {
        XdrMessage call = call(1, 2).words(22).opaque(28).words(34).fill(16).words(1, 0x1000).opaque(2048);
        Findings f = walk(call);
        assertThat(f.tolerated).containsExactly(new Findings.Item(call.length() - 2048, 2048));
        assertThat(f.items).isEmpty();
        assertThat(f.unreadable).isEqualTo(Findings.UNKNOWN);
        assertThat(walk(call(1, 1).words(17, 1, 0x1000).opaque(2048)).tolerated).as("NVERIFY").isEmpty();
    }

    @Test
    @Tag("conformance-41")
    void behindAnUnknownOperationNothingIsSaid() {
        XdrMessage call = call(1, 3).words(24).words(9999);
        assertThat(walk(call).unreadable).isEqualTo(call.length());
    }

    @Test
    @Tag("conformance-59")
    void theFirstReadIsOfferedAWriteChunkAndTheDataOfLaterOnesCountsAsPartOfTheRest() {
        Findings f = walk(call(1, 3).words(25).fill(24).words(65536).words(27).words(25).fill(24).words(1000));
        assertThat(f.results).containsExactly(65536);
        assertThat(f.bound).isEqualTo(HEADER + 16 + 16 + 12 + 4096 + 3 + 16 + 1000 + 3);
        assertThat(walk(call(1, 1).words(27)).results).containsExactly(4096);
    }

    @Test
    @Tag("conformance-58")
    void attributesWithoutALimitLeaveTheReplyWithoutABound() {
        int[][] bitmaps = {{1 << 12}, {1 << 24}, {0, 1 << 26}, {0, 1 << 27}, {0, 1 << 29}, {0, 0, 1 << 3}, {0, 0, 1 << 16}, {0, 0, 1 << 19},
                {0, 0, 0, 1}};
        for (int[] bitmap : bitmaps) {
            assertThat(walk(call(1, 1).words(9).words(bitmap.length).words(bitmap)).bound).isEqualTo(Findings.UNKNOWN);
        }
        // All that Linux asks of a file: type, change, size, fsid, fileid, mode, links, owner, group, rawdev, space, times, mounted-on.
        int bound = walk(call(1, 1).words(9, 2, 0x0010011a, 0x00b0a23a)).bound;
        assertThat(bound).isBetween(HEADER + 100, 4096 - 28);
    }

    @Test
    @Tag("conformance-58")
    void countsOfTheCallAreInTheBound() {
        assertThat(walk(call(1, 1).words(26).fill(20).words(32768, 0)).bound).isEqualTo(HEADER + 16 + 8 + 8 + 8 + 32768);
        assertThat(walk(call(1, 1).words(50).fill(52).words(4096)).bound).isEqualTo(HEADER + 16 + 8 + 24 + 4096);
        assertThat(walk(call(1, 1).words(47).fill(20).words(-1).words(0)).bound).as("no server sends so much").isEqualTo(Findings.UNKNOWN);
    }

    @Test
    @Tag("conformance-55")
    void nothingBehindAnUnknownOperationIsEligibleAndTheReplyHasNoBound() {
        XdrMessage call = call(2, 3).words(38).fill(28).opaque(4).words(76).words(38).fill(28).opaque(4);
        Findings f = walk(call);
        assertThat(f.items).hasSize(1);
        assertThat(f.bound).isEqualTo(Findings.UNKNOWN);
        XdrMessage reply = results(OK, 3).words(25, OK, 1).opaque(4).words(76, OK).words(25, OK, 1).opaque(4);
        assertThat(Findings.results(binding, COMPOUND, reply, 0, false)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, -1, Integer.MAX_VALUE})
    void ofAnUnknownMinorVersionNothingIsEligible(int minor) {
        Findings f = walk(call(minor, 1).words(38).fill(28).opaque(4));
        assertThat(f.items).isEmpty();
        assertThat(f.bound).isEqualTo(Findings.UNKNOWN);
    }

    @Test
    @Tag("conformance-56")
    void resultsOfReadAndReadlinkComeInTheOrderOfTheirOperations() {
        XdrMessage reply = results(OK, 4).words(22, OK).words(25, OK, 0).opaque(6);
        int first = reply.length() - 8;
        reply.words(27, OK).opaque(3);
        int second = reply.length() - 4;
        reply.words(25, OK, 1).opaque(10);
        int third = reply.length() - 12;
        assertThat(Findings.results(binding, COMPOUND, reply, 0, false))
                .containsExactly(new Findings.Item(first, 6), new Findings.Item(second, 3),
                new Findings.Item(third, 10));
    }

    @Test
    @Tag("conformance-56")
    void dataThatCameByWriteChunkIsMissingAndTheWalkGoesOnAtItsPlace() {
        XdrMessage reply = results(OK, 3).words(25, OK, 0, 1 << 20);
        int first = reply.length();
        reply.words(9, OK, 1, 2).opaque(4).words(25, OK, 1, 77);
        assertThat(Findings.results(binding, COMPOUND, reply, 0, true)).containsExactly(new Findings.Item(first, 1 << 20),
                new Findings.Item(reply.length(), 77));
    }

    @Test
    @Tag("conformance-56")
    @Tag("conformance-24")
    void aFailedOperationIsTheLastSoThatNoItemTakesTheChunkOfAnother() {
        XdrMessage failed = results(EIO, 1).words(25, EIO);
        assertThat(Findings.results(binding, COMPOUND, failed, 0, false)).isEmpty();
        XdrMessage second = results(EIO, 2).words(25, OK, 1).opaque(4).words(25, EIO);
        assertThat(Findings.results(binding, COMPOUND, second, 0, false)).hasSize(1);
        XdrMessage denied = results(10010, 1).words(12, 10010).fill(28).opaque(9);
        assertThat(Findings.results(binding, COMPOUND, denied, 0, false)).isEmpty();
    }

    @Test
    void aReadAtTheEndOfTheFileKeepsItsPlaceWithLengthZero() {
        XdrMessage reply = results(OK, 2).words(25, OK, 1, 0).words(25, OK, 1).opaque(4);
        assertThat(Findings.results(binding, COMPOUND, reply, 0, false)).extracting(Findings.Item::length).containsExactly(0, 4);
    }

    @Test
    void readPlusIsNotEligible() {
        assertThat(walk(call(2, 1).words(68).fill(28)).results).isEmpty();
        XdrMessage reply = results(OK, 1).words(68, OK, 1, 1, 0).fill(8).opaque(40);
        assertThat(Findings.results(binding, COMPOUND, reply, 0, false)).isEmpty();
    }

    @Test
    void countsThatLieEndTheWalkAtTheEndOfTheMessage() {
        XdrMessage operations = call(1, -1).words(24).words(24);
        assertThatThrownBy(() -> walk(operations)).isInstanceOf(IndexOutOfBoundsException.class);
        XdrMessage bitmap = call(1, 1).words(9, -1).fill(400);
        assertThatThrownBy(() -> walk(bitmap)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(bitmap.reads()).isLessThan(110);
        XdrMessage stateids = call(1, 1).words(55, -1).fill(400);
        assertThatThrownBy(() -> walk(stateids)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
