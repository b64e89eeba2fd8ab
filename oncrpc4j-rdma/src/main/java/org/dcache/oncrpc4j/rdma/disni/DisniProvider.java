// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import java.util.Optional;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.Capabilities;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * RDMA devices by way of DiSNI 2.1. Names no class of DiSNI, so that it can be loaded and asked where there is none.
 */
public final class DisniProvider implements VerbsProvider {

    static final String NAME = "disni";

    private static final int MAX_SEND = 1 << 30;

    /** What fits on InfiniBand and RoCE beside rdma_cm's own header (RDMA_PS_TCP); iWARP would take more. */
    private static final int MAX_PRIVATE_DATA = 56;

    /** The same for every device: these are DiSNI's own limits. */
    static final Capabilities CAPABILITIES = new Capabilities(false, false, false, false, false, false, false, false, true, true, false,
            SendQueue.MAX_SGE, MAX_SEND, Capabilities.INLINE_OF_DEVICES, MAX_PRIVATE_DATA);

    @Override
    public String name() {
        return NAME;
    }

    /** After rdma-core, which can do more, and before software. */
    @Override
    public int preference() {
        return 50;
    }

    @Override
    public Availability availability() {
        return DisniProbe.availability();
    }

    @Override
    public Optional<Capabilities> abilities() {
        return Optional.of(CAPABILITIES);
    }

    @Override
    public Adapter open(Configuration config) throws VerbsException {
        Availability availability = availability();
        if (!availability.available()) {
            throw new ProviderUnavailableException(NAME + ": " + availability.reason());
        }
        return DisniAdapter.open(config.get(Settings.HANDSHAKES), config.get(Settings.HANDSHAKE_TIMEOUT), MemoryBudget.of(config));
    }
}
