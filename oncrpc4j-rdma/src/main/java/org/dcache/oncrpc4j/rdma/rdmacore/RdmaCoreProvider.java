// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;

/**
 * Says why there is no libibverbs here. The class of the same name in the jar's part for Java 22 takes the place of this one, so that only
 * a JVM that is too old comes here, or one whose jar lacks that part. Any thread.
 */
public final class RdmaCoreProvider implements VerbsProvider {

    static final String NAME = "rdma-core";

    private static final int NEEDED = 22;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int preference() {
        return 10;
    }

    @Override
    public Availability availability() {
        return Availability.no(reason(Runtime.version().feature()));
    }

    static String reason(int running) {
        return running < NEEDED ? "needs Java " + NEEDED + " or newer, this is " + running
                : "this jar was built without its Java " + NEEDED + " part; build it with JDK " + NEEDED
                + " or newer, or with -Djdk22.home=DIR";
    }

    @Override
    public Adapter open(Configuration config) throws ProviderUnavailableException {
        throw new ProviderUnavailableException(name() + ": " + availability().reason());
    }
}
