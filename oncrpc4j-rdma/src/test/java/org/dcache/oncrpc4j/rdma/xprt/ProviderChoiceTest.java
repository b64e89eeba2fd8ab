// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.iwarp.IwarpProvider;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.junit.jupiter.api.Test;

/** Which of the providers that are installed are opened. */
class ProviderChoiceTest {

    /** Software iWARP under any name, which is noted when it is opened. */
    private record Named(String name, Availability availability, Optional<String> declines, List<String> opened) implements VerbsProvider {
        @Override
        public int preference() {
            return 0;
        }

        @Override
        public Optional<String> declinesAuto(Configuration config) {
            return declines;
        }

        @Override
        public Adapter open(Configuration config) throws VerbsException {
            opened.add(name);
            return new IwarpProvider().open(config);
        }
    }

    private static final Availability THERE = Availability.yes("there");

    private final List<String> opened = new ArrayList<>();

    private VerbsProvider card(Availability availability, Optional<String> declines) {
        return new Named("rdma-core", availability, declines, opened);
    }

    private VerbsProvider software() {
        return new Named("iwarp", THERE, Optional.empty(), opened);
    }

    /** Opens what is wanted of these, and closes it. */
    private List<String> opened(String wanted, VerbsProvider... providers) throws VerbsException {
        opened.clear();
        DevicePool.acquire(Configuration.of(Map.of("oncrpc.rdma.provider", wanted)), List.of(providers)).forEach(DevicePool.Lease::close);
        return opened;
    }

    @Test
    void autoTakesTheFirstThatIsThere() throws Exception {
        assertThat(opened("auto", card(THERE, Optional.empty()), software())).containsExactly("rdma-core");
        assertThat(opened("auto", card(Availability.no("not there"), Optional.empty()), software())).containsExactly("iwarp");
    }

    @Test
    void autoPassesOverOneThatSaysThatAnotherDoesBetter() throws Exception {
        assertThat(opened("auto", card(THERE, Optional.of("soft")), software())).containsExactly("iwarp");
        assertThatThrownBy(() -> opened("auto", card(THERE, Optional.of("soft")))).isInstanceOf(ProviderUnavailableException.class)
                .hasMessage("no RDMA: rdma-core: soft");
    }

    @Test
    void oneThatIsNamedIsUsedWhateverItSaysOfAuto() throws Exception {
        assertThat(opened("rdma-core", card(THERE, Optional.of("soft")), software())).containsExactly("rdma-core");
        assertThat(opened("rdma-core,iwarp", card(THERE, Optional.of("soft")), software())).containsExactly("rdma-core", "iwarp");
    }
}
