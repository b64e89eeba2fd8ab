// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class Nfs3BindingTest {

    private static final int HANDLE = 28;
    /** xid, type, status, verifier of 400 bytes, accept status. */
    private static final int HEADER = 12 + 8 + 400 + 4;
    private static final int POST_OP_ATTR = 88;
    private static final int WCC_DATA = 28 + POST_OP_ATTR;

    private final Nfs3Binding binding = new Nfs3Binding();

    private static CallHeader header(int procedure) {
        return new CallHeader(100003, 3, procedure);
    }

    private Findings call(int procedure, XdrMessage arguments) {
        return Findings.call(binding, header(procedure), arguments, 0);
    }

    private static XdrMessage handle() {
        return new XdrMessage().opaque(HANDLE);
    }

    @Test
    void proceduresHaveTheNamesThatLatenciesAreShownUnder() {
        Map.of(1, "GETATTR", 3, "LOOKUP", 6, "READ", 7, "WRITE", 16, "READDIR", 17,
                "READDIR", 4, "", 4711, "")
                .forEach((procedure, name) -> assertThat(binding.operation(header(procedure), handle(), 0)).isEqualTo(name));
        Map.of(1, "GETATTR", 4, "LOOKUP", 6, "READ", 8, "WRITE", 16, "READDIR", 7, "")
                .forEach((procedure, name) -> assertThat(new Nfs2Binding().operation(new CallHeader(100003, 2, procedure), handle(), 0))
                        .isEqualTo(name));
    }

    @Test
    void coversVersion3Only() {
        assertThat(binding.covers(100003, 3)).isTrue();
        assertThat(binding.covers(100003, 2)).isFalse();
        assertThat(binding.covers(100003, 4)).isFalse();
        assertThat(binding.covers(100005, 3)).isFalse();
    }

    @Property(tries = 50)
    @net.jqwik.api.Tag("conformance-54")
    void theDataOfWriteIsEligible(@ForAll @IntRange(max = 5000) int length) {
        Findings f = call(7, handle().words(0, 4096, length, 2).opaque(length));
        assertThat(f.items).containsExactly(new Findings.Item(4 + HANDLE + 20, length));
        assertThat(f.results).isEmpty();
        assertThat(f.bound).isEqualTo(HEADER + 4 + WCC_DATA + 16);
    }

    @Test
    @Tag("conformance-54")
    @Tag("conformance-8")
    void ofSymlinkOnlyThePathIsEligible() {
        XdrMessage none = handle().string("name").words(0, 0, 0, 0, 0, 0).string("target");
        assertThat(call(10, none).items).containsExactly(new Findings.Item(none.length() - 8, 6));
        XdrMessage all = handle().string("name").words(1, 0777, 1, 0, 1, 0, 1, 0, 77).words(2, 1, 1).words(2, 2, 2).string("target");
        assertThat(call(10, all).items).containsExactly(new Findings.Item(all.length() - 8, 6));
        XdrMessage serverTime = handle().string("name").words(1, 0777, 0, 0, 0, 1, 1).string("target");
        assertThat(call(10, serverTime).items).containsExactly(new Findings.Item(serverTime.length() - 8, 6));
    }

    @Property
    void readExpectsWhatItAsksFor(@ForAll @IntRange(max = 16 << 20) int count) {
        Findings f = call(6, handle().words(0, 0, count));
        assertThat(f.results).containsExactly(count);
        assertThat(f.items).isEmpty();
        assertThat(f.bound).isEqualTo(HEADER + 4 + POST_OP_ATTR + 12);
    }

    @Test
    void aCountThatNoServerReturnsIsCutSoThatNoMemoryIsOfferedForIt() {
        assertThat(call(6, handle().words(0, 0, -1)).results).containsExactly(64 << 20);
        assertThat(call(17, handle().words(0, 0, 0, 0, 0, -1)).bound).isEqualTo(Findings.UNKNOWN);
    }

    @Test
    void readlinkExpectsTheLongestPath() {
        Findings f = call(5, handle());
        assertThat(f.results).containsExactly(4096);
        assertThat(f.bound).isEqualTo(HEADER + 4 + POST_OP_ATTR + 4);
    }

    @Test
    @Tag("conformance-27")
    void directoriesAreAsLargeAsTheCallAllowsAndStatusAttributesVerifierAndMarksMore() {
        assertThat(call(16, handle().words(0, 0, 0, 0, 8192)).bound).isEqualTo(HEADER + 4 + POST_OP_ATTR + 8 + 8 + 8192);
        assertThat(call(17, handle().words(0, 0, 0, 0, 512, 32768)).bound).isEqualTo(HEADER + 4 + POST_OP_ATTR + 8 + 8 + 32768);
    }

    @Test
    @Tag("conformance-111")
    void everyProcedureHasABoundThatCountsTheLargestVerifier() {
        int[] results = {8, 4 + 84, 4 + WCC_DATA, 4 + 68 + 2 * POST_OP_ATTR, 4 + POST_OP_ATTR + 4, -1, -1, -1,
                4 + 72 + POST_OP_ATTR + WCC_DATA,
            4 + 72 + POST_OP_ATTR + WCC_DATA, -1, 4 + 72 + POST_OP_ATTR + WCC_DATA, 4 + WCC_DATA, 4 + WCC_DATA, 4 + 2 * WCC_DATA,
            4 + POST_OP_ATTR + WCC_DATA, -1, -1, 4 + POST_OP_ATTR + 52, 4 + POST_OP_ATTR + 48, 4 + POST_OP_ATTR + 24, 4 + WCC_DATA + 8};
        assertThat(results).hasSize(22);
        for (int procedure = 0; procedure < results.length; procedure++) {
            if (results[procedure] >= 0) {
                Findings f = call(procedure, handle());
                assertThat(f.bound).as("procedure %d", procedure).isEqualTo(HEADER + results[procedure]);
                assertThat(f.items).isEmpty();
                assertThat(f.results).isEmpty();
            }
        }
        assertThat(call(22, new XdrMessage()).bound).as("no such procedure: version mismatch at most").isEqualTo(HEADER + 8);
        assertThat(call(-1, new XdrMessage()).bound).isEqualTo(HEADER + 8);
    }

    @Property(tries = 50)
    void readResultsHaveTheirDataBehindItsCountWordWhetherItIsThereOrNot(@ForAll boolean attributes, @ForAll boolean missing,
            @ForAll @IntRange(max = 3000) int length) {
        XdrMessage results = new XdrMessage().words(0, attributes ? 1 : 0).fill(attributes ? 84 : 0).words(length, 1, length);
        int position = results.length();
        results.fill(missing ? 0 : length + 3 & ~3);
        assertThat(Findings.results(binding, header(6), results, 0, missing)).containsExactly(new Findings.Item(position, length));
    }

    @Test
    void readlinkResultsHaveThePath() {
        XdrMessage results = new XdrMessage().words(0, 1).fill(84).string("a/b/c");
        assertThat(Findings.results(binding, header(5), results, 0, false)).containsExactly(new Findings.Item(96, 5));
    }

    @Test
    @Tag("conformance-8")
    @Tag("conformance-24")
    void failedOperationsAndOtherProceduresHaveNoEligibleResult() {
        XdrMessage failed = new XdrMessage().words(5, 0);
        assertThat(Findings.results(binding, header(6), failed, 0, false)).isEmpty();
        assertThat(Findings.results(binding, header(5), failed, 0, false)).isEmpty();
        XdrMessage like = new XdrMessage().words(0, 0, 4, 1).opaque(4);
        for (int procedure = 0; procedure < 23; procedure++) {
            if (procedure != 5 && procedure != 6) {
                assertThat(Findings.results(binding, header(procedure), like, 0, false)).as("procedure %d", procedure).isEmpty();
            }
        }
    }

    @Test
    void dataThatEndsBeyondTheMessageIsRefused() {
        XdrMessage negative = handle().words(0, 0, 0, 0).words(-4);
        assertThatThrownBy(() -> call(7, negative)).isInstanceOf(IndexOutOfBoundsException.class);
        XdrMessage handleTooLong = new XdrMessage().words(Integer.MAX_VALUE).fill(40);
        assertThatThrownBy(() -> call(7, handleTooLong)).isInstanceOf(IndexOutOfBoundsException.class);
        XdrMessage cut = handle().words(0, 0, 9, 0, 9).fill(8);
        assertThatThrownBy(() -> call(7, cut)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
