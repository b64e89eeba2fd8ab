// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.iwarp.IwarpProvider;
import org.dcache.oncrpc4j.rdma.verbs.LimitedProvider;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.junit.jupiter.api.AfterEach;

/** On software iWARP that works with registered memory only, as a device does, and notes when a loop registers some. */
class OnLimitedLoopsTest extends OnDeviceLoopsSuite {

    private final List<LimitedProvider> all = new ArrayList<>();

    @Override
    public VerbsProvider provider() {
        all.add(limited());
        return all.get(all.size() - 1);
    }

    LimitedProvider limited() {
        return new LimitedProvider(new IwarpProvider());
    }

    @AfterEach
    void nothingWasAskedThatItCannotDo() {
        assertThat(all).allSatisfy(provider -> assertThat(provider.violations()).isEmpty());
    }
}
