// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each operation against XDR made by hand after the RFCs. Where only size matters the content is all ones, which no flag, count or union
 * survives.
 */
@Tag("conformance-55")
class Nfs4OperationTest {

    private static final int NO_BOUND = -1;
    private static final int STATEID = 16;

    /**
     * @param bound what arguments and operation add to the reply, operation number and status included
     * @param argumentItems lengths of eligible arguments
     * @param resultItems lengths of eligible results
     */
    record Row(int number, XdrMessage arguments, XdrMessage results, int bound, List<Integer> argumentItems, List<Integer> resultItems) {
        @Override
        public String toString() {
            return Nfs4Operation.of(number).name();
        }
    }

    private static XdrMessage x() {
        return new XdrMessage();
    }

    private static XdrMessage bytes(int count) {
        return x().fill(count);
    }

    private static Row row(int number, XdrMessage arguments, XdrMessage results, int resultBound) {
        return new Row(number, arguments, results, resultBound == NO_BOUND ? NO_BOUND : 8 + resultBound, List.of(), List.of());
    }

    private static XdrMessage attributes() {
        return x().words(2, 0x12, -1).opaque(13);
    }

    private static XdrMessage owner() {
        return bytes(8).opaque(17);
    }

    private static XdrMessage openHead() {
        return bytes(12).append(owner());
    }

    private static XdrMessage ace() {
        return bytes(12).string("OWNER@");
    }

    private static XdrMessage openResult(XdrMessage delegation) {
        return bytes(16 + 20 + 4).words(2, -1, -1).append(delegation);
    }

    private static XdrMessage writeResponse() {
        return x().words(1).fill(STATEID + 8 + 4 + 8);
    }

    static Stream<Row> rows() {
        int cinfo = 20;
        int bitmap = 36;
        int denied = 28 + 4 + 1024;
        int delegation = 4 + 16 + 4 + 12 + 12 + 4 + 512;
        int open = 16 + 20 + 4 + bitmap + delegation;
        int secinfo = 4 + 64 * 80;
        XdrMessage security = x().words(3, 0).words(1, -1).string("host").words(-1, -1, 2, -1, -1).words(6, 1).opaque(5).opaque(6);
        XdrMessage channel = bytes(24).words(1, -1);
        List<Row> rows = new ArrayList<>(List.of(
                row(3, bytes(4), bytes(8), 8),
                row(4, bytes(20), bytes(16), 16),
                row(5, bytes(12), bytes(8), 8),
                new Row(6, x().words(5).string("target").string("name").append(attributes()), bytes(20).words(1, -1), 8 + cinfo + bitmap,
                        List.of(6), List.of()),
                row(6, x().words(3).fill(8).string("block").append(attributes()), bytes(20).words(0), cinfo + bitmap),
                row(6, x().words(4).fill(8).string("char").append(attributes()), bytes(20).words(0), cinfo + bitmap),
                row(6, x().words(2).string("directory").append(attributes()), bytes(20).words(0), cinfo + bitmap),
                row(7, bytes(8), x(), 0),
                row(8, bytes(16), x(), 0),
                row(9, x().words(1, 0x12), attributes(), bitmap + 4 + 4 + 8),
                row(10, x(), x().opaque(128), 132),
                row(11, x().string("link"), bytes(20), cinfo),
                row(12, bytes(24).words(1).fill(4 + 16 + 4).append(owner()), bytes(16), denied),
                row(12, bytes(24).words(0).fill(16 + 4), bytes(16), denied),
                row(13, bytes(20).append(owner()), x(), denied),
                row(14, bytes(40), bytes(16), 16),
                row(15, x().string("name"), x(), 0),
                row(16, x(), x(), 0),
                row(17, attributes(), x(), 0),
                row(18, openHead().words(0, 0).string("name"), openResult(x().words(0)), open),
                row(18, openHead().words(1, 0).append(attributes()).words(1).fill(4),
                        openResult(x().words(1).fill(20).append(ace())), open),
                row(18, openHead().words(1, 1).append(attributes()).words(2).fill(16).string("name"),
                        openResult(x().words(2).fill(20).words(1, -1, -1).append(ace())), open),
                row(18, openHead().words(1, 2).fill(8).words(3).string("name"), openResult(x().words(3, 0)), open),
                row(18, openHead().words(1, 3).fill(8).append(attributes()).words(4), openResult(x().words(3, 1, 1)), open),
                row(18, openHead().words(0, 5).fill(16), openResult(x().words(3, 2, 0)), open),
                row(18, openHead().words(0, 6), openResult(x().words(4).fill(20).append(ace())), open),
                row(19, bytes(4), x(), 0),
                row(20, bytes(20), bytes(16), 16),
                row(21, bytes(28), bytes(16), 16),
                row(22, x().opaque(31), x(), 0),
                row(23, x(), x(), 0),
                row(24, x(), x(), 0),
                new Row(25, bytes(24).words(5000), bytes(4).opaque(4999), 8 + 8, List.of(), List.of(4999)),
                new Row(25, bytes(24).words(5000), bytes(4).opaque(0), 8 + 8, List.of(), List.of(0)),
                row(26, bytes(20).words(8192).words(1, -1), bytes(8).words(1).fill(8).string("a").append(attributes()).words(1).fill(8)
                .string("b")
                        .append(attributes()).words(0).fill(4), 8 + 8 + 8192),
                row(26, bytes(20).words(0).words(0), bytes(8).words(0, 1), 8 + 8),
                new Row(27, x(), x().opaque(11), 8 + 4, List.of(), List.of(11)),
                row(28, x().string("name"), bytes(20), cinfo),
                row(29, x().string("from").string("to"), bytes(40), 2 * cinfo),
                row(30, bytes(8), x(), 0),
                row(31, x(), x(), 0),
                row(32, x(), x(), 0),
                row(33, x().string("name"), x().words(3, 1, 6).opaque(9).fill(8).words(0), secinfo),
                row(34, bytes(16).append(attributes()), x().words(1, -1), bitmap),
                row(35, bytes(8).opaque(30).fill(4).string("tcp").string("10.0.0.1.8.1").fill(4), bytes(16), 2 * 1028),
                row(36, bytes(16), x(), 0),
                row(37, attributes(), x(), 0),
                new Row(38, bytes(28).opaque(3001), bytes(16), 8 + 16, List.of(3001), List.of()),
                row(39, owner(), x(), 0),
                row(40, bytes(4).append(security), x(), 0),
                row(41, bytes(24), bytes(24), 24)));
        rows.addAll(List.of(
                row(42, bytes(8).opaque(40).fill(4).words(0).words(0), bytes(16).words(0).fill(8).opaque(20).opaque(30).words(0),
                exchangeId()),
                row(42, bytes(8).opaque(40).fill(4).words(1, 1, -1, 1, -1).words(1).string("kernel.org").string("Linux").fill(12),
                        bytes(16).words(1, 2, -1, -1, 0).fill(8).opaque(20).opaque(30).words(1).string("d").string("n").fill(12),
                        exchangeId()),
                row(42, bytes(8).opaque(40).fill(4).words(2, 0, 0).words(1).opaque(9).words(2).opaque(9).opaque(10).fill(8).words(0),
                        bytes(16).words(2, 0, 0).fill(16).words(1).opaque(8).fill(8).opaque(20).opaque(30).words(0), NO_BOUND),
                row(43, bytes(16).append(channel).fill(24).words(0).fill(4).append(security), bytes(24).append(channel).append(channel),
                        24 + 2 * 32),
                row(44, bytes(16), x(), 0),
                row(45, bytes(16), x(), 0),
                row(46, bytes(4).words(1, -1).fill(24).words(0).words(2, -1, -1), x().words(0).fill(24).words(1, -1, 0, 0),
                        28 + 3 * bitmap),
                row(46, bytes(4).words(0).fill(24).words(0, 0), x().words(1, 0), 28 + 3 * bitmap),
                row(47, bytes(20).words(4000).words(1, -1), bytes(4).opaque(77).words(1, -1), 8 + bitmap + 4000),
                row(48, bytes(4).words(7).fill(16), bytes(16).words(2).fill(32).fill(4), 24 + 7 * 16),
                row(49, bytes(36).words(1).fill(8).words(1).fill(12).fill(4).opaque(9), x().words(1).fill(8), 12),
                row(49, bytes(36).words(0).words(0).fill(4).opaque(0), x().words(0), 12),
                row(50, bytes(52).words(4096), bytes(20).words(2).fill(24).opaque(50).fill(24).opaque(0), 24 + 4096),
                row(51, bytes(12).words(1).fill(32).opaque(6), x().words(1).fill(16), 20),
                row(51, bytes(12).words(3), x().words(0), 20),
                row(52, bytes(4), x().words(1, 1), secinfo),
                row(53, bytes(32), bytes(36), 36),
                row(54, x().opaque(20).opaque(32), x().opaque(32), 1028),
                row(55, x().words(3).fill(48), x().words(3, 0, 0, 0), 4 + 12),
                row(56, bytes(4).words(4), x().words(2).fill(20).words(2, -1, -1).append(ace()), delegation),
                row(56, bytes(4).words(1).fill(4), x().words(0), delegation),
                row(57, bytes(8), x(), 0),
                row(58, bytes(4), x(), 0),
                row(59, bytes(32), x(), 0),
                row(60, bytes(64).words(3, 1).string("host").words(2).string("nfs://host").words(3).string("tcp").string("::1.8.1"),
                        writeResponse().fill(8), 4 + 16 + 20 + 8),
                row(60, bytes(64).words(0), x().words(0).fill(20).fill(8), 4 + 16 + 20 + 8),
                row(61, bytes(16).words(1).string("host"), bytes(28).words(1, 3).string("tcp").string("::1.8.1"), NO_BOUND),
                row(62, bytes(32), x(), 0),
                row(63, bytes(32).words(1, -1), x().words(1, -1), bitmap),
                row(64, bytes(32).words(2).fill(48), x(), 0),
                row(65, bytes(80).fill(4).opaque(5), x(), 0),
                row(66, bytes(16), x(), 0),
                row(67, bytes(16), bytes(8).words(1, 0), 16),
                row(68, bytes(28), bytes(4).words(2, 0).fill(8).opaque(30).words(1).fill(16), NO_BOUND),
                row(69, bytes(28), bytes(12), 12),
                row(70, bytes(64).opaque(9), writeResponse(), 4 + 16 + 20),
                row(71, bytes(56), x(), 0),
                row(72, x().string("user.x"), x().opaque(100), NO_BOUND),
                row(73, bytes(4).string("user.x").opaque(100), bytes(20), cinfo),
                row(74, bytes(8).words(2000), bytes(8).words(2).string("a").string("bc").fill(4), 16 + 2000),
                row(75, x().string("user.x"), bytes(20), cinfo)));
        return rows.stream();
    }

    private static int exchangeId() {
        return 16 + 4 + 2 * 36 + 8 + 1028 + 1028 + 4 + 2 * 1028 + 12;
    }

    @ParameterizedTest
    @MethodSource("rows")
    @DisplayName("arguments are walked to their end; eligible items and the bound are those of the RFCs")
    void arguments(Row row) {
        List<Integer> lengths = new ArrayList<>();
        Findings findings = new Findings();
        ReplyBound reply = new ReplyBound(findings);
        XdrWalk in = new XdrWalk(row.arguments, 0, (position, length) -> {
            assertThat(row.arguments.getInt(position - 4)).isEqualTo(length);
            lengths.add(length);
            return false;
        }, reply);
        Nfs4Operation.of(row.number).arguments(in);
        assertThat(in.atEnd()).isTrue();
        assertThat(lengths).isEqualTo(row.argumentItems);
        reply.tell();
        assertThat(findings.bound).isEqualTo(row.bound == NO_BOUND ? Findings.UNKNOWN : Math.max(432, 424 + row.bound));
    }

    @ParameterizedTest
    @MethodSource("rows")
    @DisplayName("results are walked to their end, with and without their data, and fit the bound")
    void results(Row row) {
        for (boolean missing : new boolean[] {false, true}) {
            XdrMessage results = row.results;
            if (missing && !row.resultItems.isEmpty()) {
                byte[] all = results.toBytes();
                byte[] reduced = Arrays.copyOf(all, all.length - (row.resultItems.get(0) + 3 & ~3));
                results = XdrMessage.of(reduced);
            }
            List<Integer> lengths = new ArrayList<>();
            XdrWalk in = new XdrWalk(results, 0, (position, length) -> {
                lengths.add(length);
                return missing;
            }, null);
            Nfs4Operation.of(row.number).results(in);
            assertThat(in.atEnd()).isTrue();
            assertThat(lengths).isEqualTo(row.resultItems);
            int eligible = row.resultItems.stream().mapToInt(n -> n + 3 & ~3).sum();
            assertThat(row.bound == NO_BOUND || row.results.length() - eligible + 8 <= row.bound).isTrue();
        }
    }

    @Test
    @DisplayName("every operation of minor versions 0 to 2 and of RFC 8276 is in the table, and tested")
    void complete() {
        int[] numbers = IntStream.rangeClosed(3, 75).toArray();
        assertThat(Stream.of(Nfs4Operation.values()).mapToInt(Nfs4Operation::number))
                .containsExactly(IntStream.of(numbers).boxed().toArray(Integer[]::new));
        assertThat(rows().mapToInt(Row::number).distinct().toArray()).isEqualTo(numbers);
        assertThat(IntStream.of(-1, 0, 1, 2, 76, 10044, Integer.MIN_VALUE, Integer.MAX_VALUE).mapToObj(Nfs4Operation::of))
                .containsOnlyNulls();
    }
}
