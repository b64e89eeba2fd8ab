// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.verbs.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;

/**
 * RDMA devices by way of DiSNI 2.1. Names no class of DiSNI, so that it can be loaded and asked where there is none.
 */
public final class DisniProvider implements VerbsProvider {

    static final String NAME = "disni";

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
    public Adapter open(Configuration config) throws VerbsException {
        Availability availability = availability();
        if (!availability.available()) {
            throw new ProviderUnavailableException(NAME + ": " + availability.reason());
        }
        return DisniAdapter.open();
    }
}
