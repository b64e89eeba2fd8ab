// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.List;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;

/** Looks for the libraries of rdma-core. Any thread. */
public final class RdmaCoreProvider implements VerbsProvider {

    private static final List<String> LIBRARIES = List.of("libibverbs.so.1", "librdmacm.so.1");

    @Override
    public String name() {
        return "rdma-core";
    }

    @Override
    public int preference() {
        return 10;
    }

    @Override
    public Availability availability() {
        for (String library : LIBRARIES) {
            try (Arena arena = Arena.ofConfined()) {
                SymbolLookup.libraryLookup(library, arena);
            } catch (IllegalArgumentException e) {
                return Availability.no(library + " cannot be loaded; install rdma-core's libibverbs and librdmacm");
            }
        }
        return Availability.no("the libraries are there, but this version of the provider opens no device yet");
    }

    @Override
    public Adapter open(Configuration config) throws ProviderUnavailableException {
        throw new ProviderUnavailableException(name() + ": " + availability().reason());
    }
}
