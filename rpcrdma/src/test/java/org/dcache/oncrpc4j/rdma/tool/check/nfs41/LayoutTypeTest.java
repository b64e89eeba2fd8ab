// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check.nfs41;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Bodies of layouts and devices, as the RFCs have them, and damaged ones. */
class LayoutTypeTest {

    private static final String ONE = "00000000000000000000000000000001";
    private static final String TWO = "00000000000000000000000000000002";
    private static final String RDMA = "00000004" + "72646d61" + "0000000f" + "3139322e302e322e312e382e3137" + "3500";
    private static final String TCP = "00000003" + "74637000" + "0000000f" + "3139322e302e322e312e382e3137" + "3500";
    private static final String FLEX_SERVER = "00000001" + "00000000000000000000000000000000" + "00000001" + "00000003" + "aabbcc00"
            + "00000001" + "30000000" + "00000001" + "30000000";

    private static byte[] bytes(String... hex) {
        return HexFormat.of().parseHex(String.join("", hex));
    }

    @Test
    void devicesOfFlexFilesAreNamedOnceWhateverMirrorsHaveThem() throws IOException {
        byte[] body = bytes("0000000000000000", "00000002", "00000001", ONE, FLEX_SERVER, "00000002", TWO, FLEX_SERVER, ONE, FLEX_SERVER,
                "00000002", "00000000");
        assertThat(LayoutType.FLEX_FILES.devices(body)).extracting(Device::id).containsExactly(ONE, TWO);
    }

    @Test
    void aLayoutOfFilesNamesOneDevice() throws IOException {
        assertThat(LayoutType.FILES.devices(bytes(TWO, "00000001", "00000000", "0000000000000000", "00000000"))).extracting(Device::id)
                .containsExactly(TWO);
    }

    @Test
    void addressesComeInTheirOrder() throws IOException {
        assertThat(LayoutType.FLEX_FILES.addresses(bytes("00000002", RDMA, TCP, "00000000")))
                .containsExactly(new DataServer("rdma", "192.0.2.1.8.175"), new DataServer("tcp", "192.0.2.1.8.175"));
        assertThat(LayoutType.FILES.addresses(bytes("00000002", "00000000", "00000001", "00000002", "00000001", TCP, "00000001", RDMA)))
                .extracting(DataServer::netid).containsExactly("tcp", "rdma");
    }

    @Test
    void universalAddressesAreThoseOfRfc5665() throws IOException {
        assertThat(new DataServer("rdma", "192.0.2.1.8.175").address().getPort()).isEqualTo(2223);
        assertThat(new DataServer("tcp6", "2001:db8::1.8.1").address().getAddress().getHostAddress()).isEqualTo("2001:db8:0:0:0:0:0:1");
        for (String wrong : new String[] {"", "8.1", "192.0.2.1", "pool.example.org.8.1", "192.0.2.1.8.x"}) {
            assertThatThrownBy(() -> new DataServer("tcp", wrong).address()).as(wrong).isInstanceOf(UnknownHostException.class)
                    .hasMessageContaining("'" + wrong + "'");
        }
    }

    @Test
    void bodiesThatEndTooEarlyOrCountTooFarAreRefusedInWords() {
        byte[] device = bytes("00000002", RDMA, TCP);
        for (int length = 0; length < device.length; length += Integer.BYTES) {
            byte[] cut = Arrays.copyOf(device, length);
            assertThatThrownBy(() -> LayoutType.FLEX_FILES.addresses(cut)).isInstanceOf(IOException.class);
        }
        for (String count : new String[] {"7fffffff", "ffffffff"}) {
            assertThatThrownBy(() -> LayoutType.FILES.addresses(bytes(count))).isInstanceOf(IOException.class)
                    .hasMessageContaining("stripe indices");
        }
    }
}
