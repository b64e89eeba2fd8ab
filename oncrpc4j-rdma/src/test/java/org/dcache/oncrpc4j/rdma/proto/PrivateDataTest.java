// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrivateDataTest {

    private static final String LINUX_CLIENT = "f6ab0e1801010303";
    private static final String LINUX_SERVER = "f6ab0e1801000303";

    @Test
    @Tag("conformance-67")
    @Tag("conformance-68")
    @DisplayName("the blocks of the Linux client and server decode, and encode to the same bytes")
    void linuxBlocks() {
        assertThat(decode(LINUX_CLIENT)).isEqualTo(new PrivateData(true, 4096, 4096));
        assertThat(decode(LINUX_SERVER)).isEqualTo(new PrivateData(false, 4096, 4096));
        assertThat(HexFormat.of().formatHex(new PrivateData(true, 4096, 4096).encode())).isEqualTo(LINUX_CLIENT);
        assertThat(HexFormat.of().formatHex(new PrivateData(false, 4096, 4096).encode())).isEqualTo(LINUX_SERVER);
        assertThat(HexFormat.of().formatHex(new PrivateData(false, 1024, 262144).encode())).isEqualTo("f6ab0e18010000ff");
    }

    @Property
    @net.jqwik.api.Tag("conformance-67")
    void everySizeSurvives(@ForAll boolean flag, @ForAll @IntRange(min = 1, max = 256) int send,
            @ForAll @IntRange(min = 1, max = 256) int receive) {
        PrivateData block = new PrivateData(flag, send * 1024, receive * 1024);
        assertThat(PrivateData.decode(block.encode())).isEqualTo(block);
    }

    @Test
    @Tag("conformance-68")
    @DisplayName("reserved flags are ignored when they come")
    void reservedFlags() {
        assertThat(decode("f6ab0e1801fe0303").remoteInvalidation()).isFalse();
        assertThat(decode("f6ab0e1801ff0303").remoteInvalidation()).isTrue();
    }

    @ParameterizedTest
    @Tag("conformance-69")
    @ValueSource(strings = {
        "", "f6", "f6ab0e18010103", "f6ab0e1802010303", "f6ab0e1800010303", "180eabf601010303", "0000000001010303", "0000f6ab0e1801010303"
    })
    @DisplayName("what is absent, short, of another version or other data is taken as no block: 1024 and no remote invalidation")
    void noBlock(String hex) {
        assertThat(decode(hex)).isSameAs(PrivateData.NONE);
        assertThat(PrivateData.NONE).isEqualTo(new PrivateData(false, 1024, 1024));
    }

    @ParameterizedTest
    @Tag("conformance-73")
    @ValueSource(strings = {"00000000", "0102030405060708", "f6ab0e17"})
    @DisplayName("the block is found behind another protocol's data")
    void behindOtherData(String before) {
        assertThat(decode(before + LINUX_CLIENT + "0000")).isEqualTo(new PrivateData(true, 4096, 4096));
    }

    @ParameterizedTest
    @Tag("conformance-70")
    @CsvSource({"4096,4096,4096", "4096,8192,4096", "65536,4096,4096", "1024,4096,1024", "4096,512,1024"})
    @DisplayName("a direction's threshold is the smaller side's, and never below 1024")
    void threshold(int own, int peer, int expected) {
        assertThat(PrivateData.threshold(own, peer)).isEqualTo(expected);
    }

    @Test
    @Tag("conformance-4")
    @Tag("conformance-70")
    @DisplayName("each direction is the sender's send size against the receiver's receive size")
    void directions() {
        PrivateData own = new PrivateData(true, 8192, 16384);
        PrivateData peer = new PrivateData(true, 65536, 4096);

        assertThat(PrivateData.sendThreshold(own, peer)).isEqualTo(4096);
        assertThat(PrivateData.receiveThreshold(own, peer)).isEqualTo(16384);
        assertThat(PrivateData.sendThreshold(own, PrivateData.NONE)).isEqualTo(1024);
        assertThat(PrivateData.receiveThreshold(own, PrivateData.NONE)).isEqualTo(1024);
    }

    @Test
    @DisplayName("a size that the block cannot say is refused")
    void badSizes() {
        for (int size : new int[] {0, 512, 1023, 1025, 4095, 262145, 263168, -1024}) {
            assertThatIllegalArgumentException().isThrownBy(() -> new PrivateData(true, size, 4096)).withMessageContaining("" + size);
            assertThatIllegalArgumentException().isThrownBy(() -> new PrivateData(true, 4096, size));
        }
    }

    private static PrivateData decode(String hex) {
        return PrivateData.decode(HexFormat.of().parseHex(hex));
    }
}
