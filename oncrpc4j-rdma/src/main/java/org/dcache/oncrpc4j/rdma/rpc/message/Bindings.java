// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.message;

import java.util.List;
import java.util.ServiceLoader;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;

/** The upper-layer bindings that are installed. Any thread. */
public final class Bindings {

    private final UpperLayerBinding[] bindings;

    public Bindings(List<UpperLayerBinding> bindings) {
        this.bindings = bindings.toArray(new UpperLayerBinding[0]);
    }

    /** Those that a loader has. */
    public static Bindings load(ClassLoader loader) {
        return new Bindings(ServiceLoader.load(UpperLayerBinding.class, loader).stream().map(ServiceLoader.Provider::get).toList());
    }

    /** The binding of a program, or null. */
    UpperLayerBinding find(int program, int version) {
        for (UpperLayerBinding binding : bindings) {
            if (binding.covers(program, version)) {
                return binding;
            }
        }
        return null;
    }
}
