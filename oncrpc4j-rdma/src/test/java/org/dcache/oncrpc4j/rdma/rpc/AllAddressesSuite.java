// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.rpc.harness.Bystander;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.ProviderUnderTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A service at all addresses is there for IPv4 and for IPv6, as TCP's is, and rpcbind hears of both. A subclass says which provider; where
 * it is not available, or the machine has no IPv6 address, the tests are skipped with the reason.
 */
@Timeout(120)
public abstract class AllAddressesSuite implements ProviderUnderTest {

    protected static final String ANY4 = "0.0.0.0";
    protected static final String ANY6 = "::";

    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final List<RpcEndpoint> endpoints = new ArrayList<>();

    @BeforeEach
    protected void requireProvider() {
        Availability availability = provider().availability();
        assumeTrue(availability.available(), availability.reason());
    }

    @AfterEach
    protected void stop() {
        endpoints.forEach(RpcEndpoint::stop);
        executor.shutdownNow();
    }

    /** An address of IPv6 beside {@link #address}. */
    protected InetAddress ipv6() throws IOException {
        return NetworkInterface.getByInetAddress(address()).inetAddresses()
                .filter(one -> one instanceof Inet6Address && !one.isLinkLocalAddress()).findFirst().orElse(null);
    }

    private void requireIpv6() throws IOException {
        assumeTrue(ipv6() != null, "no IPv6 address, other than link-local ones, on the interface of " + address());
    }

    /** What it listens on, with an address for each family. */
    protected final List<InetSocketAddress> served(String wildcard, Map<String, String> settings) throws IOException {
        RdmaEndpoint service = (RdmaEndpoint) EndpointOnProvider.start(provider(), InetAddress.getByName(wildcard), "everywhere",
                LocalEndpoints.echo(), executor, settings);
        endpoints.add(service);
        return service.addressesByFamily();
    }

    protected final void isServed(InetAddress address, int port) throws IOException {
        RpcEndpoint client = EndpointOnProvider.start(provider(), address, null, Map.of(), executor, Map.of());
        endpoints.add(client);
        new Bystander(client.connect(new InetSocketAddress(address, port), 60, TimeUnit.SECONDS));
    }

    private void isThereForBoth(List<InetSocketAddress> served) throws IOException {
        int port = served.get(0).getPort();
        assertThat(served).containsExactlyInAnyOrder(new InetSocketAddress(ANY4, port), new InetSocketAddress(ANY6, port));
        isServed(address(), port);
        isServed(ipv6(), port);
    }

    @ParameterizedTest
    @ValueSource(strings = {ANY4, ANY6})
    void aServiceAtAllAddressesIsThereForBothFamilies(String wildcard) throws IOException {
        requireIpv6();
        isThereForBoth(served(wildcard, Map.of()));
    }

    @Test
    void bothWildcardAddressesMayBeNamed() throws IOException {
        requireIpv6();
        isThereForBoth(served(ANY4, Map.of("oncrpc.rdma.bind", ANY4 + ',' + ANY6)));
    }

    @Test
    void aServiceAtOneAddressIsThereOnly() throws IOException {
        List<InetSocketAddress> served = served(address().getHostAddress(), Map.of());
        assertThat(served).extracting(InetSocketAddress::getAddress).containsExactly(address());
    }
}
