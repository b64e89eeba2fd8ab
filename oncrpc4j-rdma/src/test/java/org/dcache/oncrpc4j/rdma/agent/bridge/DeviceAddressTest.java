// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.junit.jupiter.api.Test;

class DeviceAddressTest {

    private static final int FILES = 1;
    private static final int FLEX_FILES = 4;
    private static final int BLOCKS = 3;

    private static final String RDMA_ALONE = ",rdma.nfs4j.devices-fallback=off";

    private static DeviceRule rule(String devices) {
        return DeviceRule.of(Configuration.load(new Properties(), "rdma.nfs4j.devices=" + devices));
    }

    /** Words and strings as XDR. */
    private static byte[] xdr(Object... items) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Object item : items) {
            if (item instanceof Integer word) {
                out.writeBytes(ByteBuffer.allocate(4).putInt(word).array());
            } else {
                byte[] text = ((String) item).getBytes(StandardCharsets.US_ASCII);
                out.writeBytes(ByteBuffer.allocate(4 + (text.length + 3 & ~3)).putInt(text.length).put(text).array());
            }
        }
        return out.toByteArray();
    }

    @Test
    void filesListsNameTheRdmaAddressesFirstAndTheTcpAddressesBehindThem() {
        byte[] tcp = xdr(2, 0, 1, 2, 1, "tcp", "192.0.2.1.8.1", 2, "tcp6", "2001:db8::1.8.1", "tcp", "192.0.2.2.8.1");

        byte[] both = DeviceAddress.withRdma(tcp, FILES, rule("20049"));

        assertThat(both).isEqualTo(xdr(2, 0, 1, 2, 2, "rdma", "192.0.2.1.78.81", "tcp", "192.0.2.1.8.1",
                4, "rdma6", "2001:db8::1.78.81", "rdma", "192.0.2.2.78.81", "tcp6", "2001:db8::1.8.1", "tcp", "192.0.2.2.8.1"));
    }

    @Test
    void flexFilesListsNameBothAndTheVersionsBehindThemStay() {
        byte[] tcp = xdr(1, "tcp", "192.0.2.1.129.91", 1, 4, 1, 1 << 20, 1 << 20, 1);

        assertThat(DeviceAddress.withRdma(tcp, FLEX_FILES, rule("same")))
                .isEqualTo(xdr(2, "rdma", "192.0.2.1.129.91", "tcp", "192.0.2.1.129.91", 1, 4, 1, 1 << 20, 1 << 20, 1));
    }

    @Test
    void withoutFallbackTheAddressesOfBothLayoutsAreRdmaAlone() {
        assertThat(DeviceAddress.withRdma(xdr(1, 0, 1, 1, "tcp", "192.0.2.1.8.1"), FILES, rule("20049" + RDMA_ALONE)))
                .isEqualTo(xdr(1, 0, 1, 1, "rdma", "192.0.2.1.78.81"));
        assertThat(DeviceAddress.withRdma(xdr(1, "tcp6", "2001:db8::1.8.1", 1, 4), FLEX_FILES, rule("same" + RDMA_ALONE)))
                .isEqualTo(xdr(1, "rdma6", "2001:db8::1.8.1", 1, 4));
    }

    @Test
    void anAddressWithoutAnRdmaPortStaysTcpBehindThoseThatHaveOne() {
        byte[] tcp = xdr(1, 0, 1, 2, "tcp", "192.0.2.1.8.1", "tcp", "192.0.2.2.8.2");

        assertThat(DeviceAddress.withRdma(tcp, FILES, rule("2050>20050" + RDMA_ALONE)))
                .isEqualTo(xdr(1, 0, 1, 2, "rdma", "192.0.2.2.78.82", "tcp", "192.0.2.1.8.1"));
    }

    @Test
    void linkLocalAddressesStayAsTheyAre() {
        for (String host : List.of("169.254.7.1", "fe80::1", "fe80::1%eth0")) {
            byte[] body = xdr(1, host.contains(":") ? "tcp6" : "tcp", host + ".8.1");
            assertThat(DeviceAddress.withRdma(body, FLEX_FILES, rule("same"))).as(host).isEqualTo(body);
        }
    }

    @Test
    void anAddressInFiguresThatCannotBeReadLeavesItsNeighboursTheirRdma() {
        assertThat(DeviceAddress.withRdma(xdr(2, "tcp6", "fe80::1%eth0.8.1", "tcp", "192.0.2.1.8.1"), FLEX_FILES, rule("same")))
                .isEqualTo(xdr(3, "rdma", "192.0.2.1.8.1", "tcp6", "fe80::1%eth0.8.1", "tcp", "192.0.2.1.8.1"));
    }

    @Test
    void addressesOutsideTheNetworksThatHaveRdmaStayAsTheyAre() {
        DeviceRule rule = rule("same,rdma.nfs4j.devices-networks=198.51.100.0/24");

        assertThat(DeviceAddress.withRdma(xdr(2, "tcp", "192.0.2.1.8.1", "tcp", "198.51.100.1.8.1"), FLEX_FILES, rule))
                .isEqualTo(xdr(3, "rdma", "198.51.100.1.8.1", "tcp", "192.0.2.1.8.1", "tcp", "198.51.100.1.8.1"));
    }

    @Test
    void otherNetidsLayoutsAndTextsStayAsTheyAre() {
        for (byte[] body : new byte[][] {xdr(1, "udp", "192.0.2.1.8.1"), xdr(1, "tcp", "no address"), xdr(1, "tcp", "a.b"),
                xdr(1, "tcp", "1.x.y"), xdr(1, "tcp", "192.0.2.1.8.256"),
                xdr(1, "rdma", "192.0.2.1.8.1")}) {
            assertThat(DeviceAddress.withRdma(body, FLEX_FILES, rule("same"))).isEqualTo(body);
        }
        byte[] blocks = xdr(1, "tcp", "192.0.2.1.8.1");
        assertThat(DeviceAddress.withRdma(blocks, BLOCKS, rule("same"))).isSameAs(blocks);
    }

    @Property
    void bytesThatAreNoAddressStayAsTheyAre(@ForAll byte[] bytes, @ForAll @IntRange(min = 0, max = 5) int type) {
        byte[] before = bytes.clone();
        DeviceAddress.withRdma(bytes, type, rule("same"));
        assertThat(bytes).isEqualTo(before);
        byte[] cut = xdr(1, 0, 1, 1, "tcp", "192.0.2.1.8.1");
        byte[] shorter = Arrays.copyOf(cut, cut.length - 4 - type);
        assertThat(DeviceAddress.withRdma(shorter, FILES, rule("same"))).isEqualTo(shorter);
    }
}
