// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Properties;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.junit.jupiter.api.Test;

/** The provider as a JVM below 22 sees it, or one whose jar lacks its part for Java 22; classes in a folder lack it in any JVM. */
class NoJava22Test {

    @Test
    void saysWhetherTheJvmOrTheJarIsTooOld() {
        assertThat(RdmaCoreProvider.reason(17)).isEqualTo("needs Java 22 or newer, this is 17");
        assertThat(RdmaCoreProvider.reason(22)).startsWith("this jar was built without its Java 22 part; build it with");
    }

    @Test
    void isListedAndIsNotAvailable() {
        VerbsProvider provider = DevicePool.installed().stream().filter(p -> p.name().equals("rdma-core")).findFirst().orElseThrow();

        assertThat(provider.availability().available()).isFalse();
        assertThat(provider.availability().reason()).contains("Java 22");
        assertThatThrownBy(() -> provider.open(Configuration.load(new Properties(), ""))).isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("Java 22");
    }
}
