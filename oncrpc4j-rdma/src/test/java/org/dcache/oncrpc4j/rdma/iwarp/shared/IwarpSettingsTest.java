// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.shared;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IwarpSettingsTest {

    @ParameterizedTest
    @CsvSource({"auto, 127.0.0.1, 127.0.0.1, false", "auto, 127.0.0.1, 127.5.0.9, false", "auto, 10.0.0.1, 10.0.0.1, false",
        "auto, 2001:db8::1, 2001:db8::1, false", "auto, ::1, ::1, false", "auto, 10.0.0.1, 10.0.0.2, true",
        "auto, 2001:db8::1, 2001:db8::2, true", "on, 127.0.0.1, 127.0.0.1, true", "off, 10.0.0.1, 10.0.0.2, false"})
    @Tag("conformance-77")
    void withAutoCrcIsAskedForWherePeersAreOnOtherHosts(String crc, String local, String remote, boolean asks) throws Exception {
        IwarpSettings settings = IwarpSettings.of(Configuration.of(Map.of("oncrpc.rdma.iwarp.crc", crc)));
        assertThat(settings.asksForCrc(InetAddress.getByName(local), InetAddress.getByName(remote))).isEqualTo(asks);
    }

    @Test
    void whoSetsTheTimeThatLoopsLookAtSocketsGetsIt() {
        assertThat(IwarpSettings.of(Configuration.of(Map.of("oncrpc.rdma.iwarp.spin", "7"))).spinNanos()).isEqualTo(7000);
        assertThat(IwarpSettings.of(Configuration.of(Map.of("oncrpc.rdma.iwarp.spin", "0"))).spinNanos()).isZero();
        assertThatThrownBy(() -> Configuration.of(Map.of("oncrpc.rdma.iwarp.spin", "1000001")))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
