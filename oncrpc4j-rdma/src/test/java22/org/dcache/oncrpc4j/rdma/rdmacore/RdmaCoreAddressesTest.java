// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.ProviderSuite;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * IPv4 and IPv6 addresses, and which device serves which, on a machine with several. The property {@code test.rdma.devices} names them,
 * each as {@code DEVICE=ADDRESS}, with commas between; without it these tests are skipped.
 */
class RdmaCoreAddressesTest extends ProviderSuite implements RdmaCoreUnderTest {

    private record Place(String device, InetAddress address) {}

    private final List<Place> places = new ArrayList<>();
    private InetAddress address;

    @Override
    public InetAddress address() {
        return address;
    }

    @BeforeEach
    void find() throws IOException {
        String given = System.getProperty("test.rdma.devices");
        assumeTrue(given != null, "no devices with their addresses are given; set test.rdma.devices");
        for (String place : given.split(",")) {
            String[] words = place.split("=");
            places.add(new Place(words[0], InetAddress.getByName(words[1])));
        }
    }

    @Test
    void theAddressDecidesWhichDeviceAConnectionUses() throws Exception {
        for (Place place : places) {
            carries(place);
        }
    }

    @Test
    void aDeviceThatIsNotNamedIsNotUsed() throws Exception {
        for (String device : places.stream().map(Place::device).distinct().toList()) {
            adapter.close();
            adapter = provider().open(Configuration.of(Map.of("oncrpc.rdma.device", device)));
            for (Place place : places) {
                if (place.device().equals(device)) {
                    carries(place);
                } else {
                    isRefused(place);
                }
            }
        }
    }

    private void carries(Place place) throws Exception {
        address = place.address();
        Pair pair = connect();
        for (QueuePair end : List.of(pair.clientQp(), pair.serverQp())) {
            assertThat(end.info().detail()).as("%s", place).startsWith(place.device() + " ");
            assertThat(end.info().local().getAddress()).isEqualTo(address);
            assertThat(end.info().remote().getAddress()).isEqualTo(address);
        }
        pair.clientQp().postSend(send(pattern(4000, 1)));
        assertThat(pair.server().message().data()).isEqualTo(pattern(4000, 1));
        assertThat(pair.client().sendCompletion().ok()).isTrue();
        Memory sink = memory(20_000);
        Exposure exposure = expose(pair.client(), MemorySource.of(sink.bytes()), Access.REMOTE_WRITE);
        pair.serverQp().postSend(write(pattern(20_000, 2), exposure.stag(), exposure.offset()).next(send(pattern(4, 3))));
        assertThat(pair.client().message().data()).isEqualTo(pattern(4, 3));
        byte[] written = new byte[20_000];
        sink.bytes().get(0, written);
        assertThat(written).isEqualTo(pattern(20_000, 2));
    }

    private void isRefused(Place place) {
        address = place.address();
        assertThatThrownBy(() -> listen(request -> request.reject(new byte[0]))).isInstanceOf(BindException.class)
                .hasMessageContaining("oncrpc.rdma.device");
        CompletableFuture<QueuePair> result = connect(new InetSocketAddress(address, 20049), options(64, 4), unusedEndpoint());
        assertThatThrownBy(() -> Endpoint.get(result)).hasRootCauseInstanceOf(HandshakeException.class).rootCause()
                .hasMessageContaining("oncrpc.rdma.device");
    }
}
