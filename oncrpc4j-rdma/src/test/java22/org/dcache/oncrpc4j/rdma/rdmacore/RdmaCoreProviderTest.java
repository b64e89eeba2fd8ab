// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ServiceLoader;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.junit.jupiter.api.Test;

class RdmaCoreProviderTest {

    @Test
    void theClassForJava22IsTheOneThatIsFound() {
        VerbsProvider provider = ServiceLoader.load(VerbsProvider.class).stream().map(ServiceLoader.Provider::get)
                .filter(p -> p.name().equals("rdma-core")).findFirst().orElseThrow();

        assertThat(provider.getClass().getProtectionDomain().getCodeSource().getLocation().getPath()).endsWith("/META-INF/versions/22/");
        assertThat(provider.availability().reason()).doesNotContain("Java 22");
    }
}
