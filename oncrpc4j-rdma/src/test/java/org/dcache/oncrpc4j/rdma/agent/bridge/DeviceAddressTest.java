// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Properties;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.PortRule;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.junit.jupiter.api.Test;

class DeviceAddressTest {

    private static final int FILES = 1;
    private static final int FLEX_FILES = 4;
    private static final int BLOCKS = 3;

    private static PortRule rule(String text) {
        return Configuration.load(new Properties(), "rdma.nfs4j.devices=" + text).get(Settings.NFS4J_DEVICES);
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
    void filesAddressesOfBothFamiliesMoveToTheRdmaPort() {
        byte[] tcp = xdr(2, 0, 1, 2, 1, "tcp", "192.0.2.1.8.1", 2, "tcp6", "2001:db8::1.8.1", "tcp", "192.0.2.2.8.1");

        byte[] rdma = DeviceAddress.overRdma(tcp, FILES, rule("20049"));

        assertThat(rdma).isEqualTo(xdr(2, 0, 1, 2, 1, "rdma", "192.0.2.1.78.81", 2, "rdma6", "2001:db8::1.78.81", "rdma",
                "192.0.2.2.78.81"));
    }

    @Test
    void flexFilesAddressesMoveAndTheVersionsBehindThemStay() {
        byte[] tcp = xdr(1, "tcp", "192.0.2.1.129.91", 1, 4, 1, 1 << 20, 1 << 20, 1);

        assertThat(DeviceAddress.overRdma(tcp, FLEX_FILES, rule("same")))
                .isEqualTo(xdr(1, "rdma", "192.0.2.1.129.91", 1, 4, 1, 1 << 20, 1 << 20, 1));
    }

    @Test
    void anAddressWithoutAnRdmaPortStaysTcp() {
        byte[] tcp = xdr(1, 0, 1, 2, "tcp", "192.0.2.1.8.1", "tcp", "192.0.2.2.8.2");

        assertThat(DeviceAddress.overRdma(tcp, FILES, rule("2050>20050")))
                .isEqualTo(xdr(1, 0, 1, 2, "tcp", "192.0.2.1.8.1", "rdma", "192.0.2.2.78.82"));
    }

    @Test
    void otherNetidsLayoutsAndTextsStayAsTheyAre() {
        for (byte[] body : new byte[][] {xdr(1, "udp", "192.0.2.1.8.1"), xdr(1, "tcp", "no address"), xdr(1, "tcp", "a.b"),
                xdr(1, "tcp", "1.x.y"),
                xdr(1, "rdma", "192.0.2.1.8.1")}) {
            assertThat(DeviceAddress.overRdma(body, FLEX_FILES, rule("same"))).isEqualTo(body);
        }
        byte[] blocks = xdr(1, "tcp", "192.0.2.1.8.1");
        assertThat(DeviceAddress.overRdma(blocks, BLOCKS, rule("same"))).isSameAs(blocks);
    }

    @Property
    void bytesThatAreNoAddressStayAsTheyAre(@ForAll byte[] bytes, @ForAll @IntRange(min = 0, max = 5) int type) {
        byte[] before = bytes.clone();
        DeviceAddress.overRdma(bytes, type, rule("same"));
        assertThat(bytes).isEqualTo(before);
        byte[] cut = xdr(1, 0, 1, 1, "tcp", "192.0.2.1.8.1");
        byte[] shorter = Arrays.copyOf(cut, cut.length - 4 - type);
        assertThat(DeviceAddress.overRdma(shorter, FILES, rule("same"))).isEqualTo(shorter);
    }
}
