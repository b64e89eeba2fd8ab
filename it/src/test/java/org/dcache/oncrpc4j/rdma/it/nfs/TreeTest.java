// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.rdma.it.nfs.app.Content;
import org.dcache.oncrpc4j.rdma.it.nfs.app.Tree;
import org.junit.jupiter.api.Test;

/** {@link Tree} and {@link Content}: the same for the same seed, every size around a threshold, wrong bytes are found. */
class TreeTest {

    @Test
    void twoTreesOfOneSeedAreTheSameAndOfAnotherAreNot() {
        Tree one = new Tree(7, 400, false);
        Tree same = new Tree(7, 400, false);
        Tree other = new Tree(8, 400, false);
        assertThat(same.files().stream().map(Tree.File::path)).isEqualTo(one.files().stream().map(Tree.File::path).toList());
        assertThat(same.files().get(17).content().digest()).isEqualTo(one.files().get(17).content().digest());
        assertThat(other.files().stream().map(Tree.File::path)).isNotEqualTo(one.files().stream().map(Tree.File::path).toList());
    }

    @Test
    void theLargeTreeHasEverySizeAroundAThresholdAndStaysBounded() {
        Tree tree = new Tree(1, 2000, true);
        Set<Long> sizes = tree.files().stream().map(Tree.File::size).collect(Collectors.toSet());
        assertThat(tree.files()).hasSize(2000);
        assertThat(tree.files().stream().map(Tree.File::path)).doesNotHaveDuplicates();
        for (long threshold : Tree.thresholds()) {
            for (long d = -5; d <= 5; d++) {
                if (threshold + d >= 0) {
                    assertThat(sizes).contains(threshold + d);
                }
            }
        }
        assertThat(sizes).contains(0L, 64L << 20);
        assertThat(tree.bytes()).isBetween(150L << 20, 300L << 20);
        assertThat(tree.directories()).hasSize(25).startsWith("d0").contains("d4/e19");
    }

    @Test
    void anyStretchOfAContentIsThatOfTheWhole() {
        Content content = new Content(42, 100_003);
        byte[] whole = bytes(content, 0, 200_000);
        assertThat(whole).hasSize(100_003);
        for (int offset : new int[] {0, 1, 7, 8, 9, 4093, 99_999, 100_002, 100_003}) {
            for (int length : new int[] {0, 1, 3, 8, 15, 4096}) {
                byte[] part = bytes(content, offset, length);
                assertThat(part).isEqualTo(java.util.Arrays.copyOfRange(whole, offset, Math.min(offset + length, whole.length)));
            }
        }
    }

    @Test
    void aWrongByteIsFoundWhereItIs() {
        Content content = new Content(42, 200_001);
        byte[] bytes = bytes(content, 3, 150_000);
        assertThat(content.mismatch(3, ByteBuffer.wrap(bytes))).isEqualTo(-1);
        assertThat(content.mismatch(4, ByteBuffer.wrap(bytes))).isEqualTo(4);
        bytes[140_000] ^= 1;
        assertThat(content.mismatch(3, ByteBuffer.wrap(bytes))).isEqualTo(140_003);
        assertThat(new Content(43, 200_001).mismatch(0, ByteBuffer.wrap(bytes))).isZero();
    }

    @Test
    void bytesBeyondTheEndAreWrong() {
        Content content = new Content(1, 10);
        assertThat(content.mismatch(0, ByteBuffer.wrap(java.util.Arrays.copyOf(bytes(content, 0, 10), 11)))).isEqualTo(10);
    }

    private static byte[] bytes(Content content, long offset, int length) {
        ByteBuffer target = content.fill(offset, ByteBuffer.allocate(length));
        byte[] bytes = new byte[target.remaining()];
        target.get(bytes);
        return bytes;
    }
}
