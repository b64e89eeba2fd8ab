// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.rpc.AllAddressesSuite;
import org.junit.jupiter.api.Test;

/** Over libibverbs, where each family needs a listener. */
class RdmaCoreAllAddressesTest extends AllAddressesSuite implements RdmaCoreUnderTest {

    private static final int EAFNOSUPPORT = 97;

    /** All addresses of the machine are the software device's. */
    @Override
    protected InetAddress ipv6() throws IOException {
        InetAddress loopback = InetAddress.getByName("::1");
        boolean software = System.getProperty("org.dcache.oncrpc4j.rdma.libibverbs", "").contains("softdevice");
        return software && NetworkInterface.getByInetAddress(loopback) != null ? loopback : super.ipv6();
    }

    @Test
    void aMachineWithOneFamilyOnlyServesThat() throws IOException {
        SoftDevice device = SoftDevice.require();
        device.faults("bind_addr:errno=" + EAFNOSUPPORT + ":after=1:times=1");
        try {
            List<InetSocketAddress> served = served(ANY4, Map.of());
            assertThat(served).extracting(one -> one.getAddress().getHostAddress()).containsExactly(ANY4);
            isServed(address(), served.get(0).getPort());
        } finally {
            device.faults("");
        }
    }
}
