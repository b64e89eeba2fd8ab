// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.iwarp.IwarpProvider;
import org.dcache.oncrpc4j.rdma.verbs.LimitedProvider;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** On software iWARP that works with registered memory only, as a device does, and notes when a loop registers some. */
class OnLimitedLoopsTest extends OnDeviceLoopsSuite {

    private final List<LimitedProvider> all = new ArrayList<>();

    @Override
    public VerbsProvider provider() {
        LimitedProvider provider = new LimitedProvider(new IwarpProvider());
        all.add(provider);
        return provider;
    }

    @AfterEach
    void nothingWasAskedThatItCannotDo() {
        assertThat(all).allSatisfy(provider -> assertThat(provider.violations()).isEmpty());
    }

    /** One that registers memory for a connection when it first uses it: its loops run no programs and no handlers. */
    @Nested
    class WhereFirstUseRegisters extends OnDeviceLoopsSuite {

        @Override
        public VerbsProvider provider() {
            return new LimitedProvider(new IwarpProvider()).registersLate();
        }

        @Override
        protected boolean inLoops() {
            return false;
        }
    }
}
