// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.io.UncheckedIOException;
import java.util.Optional;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpResources;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpSettings;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.Capabilities;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;

/** Software iWARP over TCP sockets: needs nothing but Java, so it works everywhere, and comes after all hardware. */
public final class IwarpProvider implements VerbsProvider {

    @Override
    public String name() {
        return IwarpResources.PROVIDER;
    }

    @Override
    public int preference() {
        return 100;
    }

    @Override
    public Availability availability() {
        return Availability.yes("software iWARP over TCP, always available");
    }

    @Override
    public Optional<Capabilities> abilities() {
        return Optional.of(IwarpAdapter.CAPABILITIES);
    }

    @Override
    public Adapter open(Configuration config) throws ProviderUnavailableException {
        try {
            return new IwarpAdapter(IwarpSettings.of(config), MemoryBudget.of(config));
        } catch (UncheckedIOException e) {
            throw new ProviderUnavailableException(
                    IwarpResources.PROVIDER + ": " + e.getMessage() + ": " + e.getCause().getMessage(), e.getCause());
        } catch (OutOfMemoryError e) {
            // Direct memory or threads mostly: the message says which.
            throw new ProviderUnavailableException(IwarpResources.PROVIDER + ": " + e.getMessage(), e);
        }
    }
}
