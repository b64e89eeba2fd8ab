// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.description.modifier.Visibility;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.junit.jupiter.api.Test;

/** The weave of nfs4j where nfs4j is another one, or none. */
class Nfs4jWeaveTest {

    private static final String READ4 = "org/dcache/nfs/v4/xdr/READ4args";

    private final List<Throwable> fatal = new ArrayList<>();

    private static Configuration config(String arguments) {
        return Configuration.load(new Properties(), arguments);
    }

    @Test
    void withoutItsSettingsNothingOfNfs4jIsWoven() {
        assertThat(Nfs4jWeave.of(config("transport=tcp,rdma"))).isEmpty();
    }

    @Test
    void eachSettingWeavesItsOwn() {
        assertThat(Nfs4jWeave.of(config("rdma.nfs4j.transfer-size=1048576"))).containsKey(READ4).hasSize(5);
        assertThat(Nfs4jWeave.of(config("rdma.nfs4j.devices=same"))).containsOnlyKeys("org/dcache/nfs/v4/xdr/device_addr4");
    }

    @Test
    void aClassOfAnotherShapeIsFatalAndNamed() {
        byte[] other = new ByteBuddy().subclass(Object.class).name(READ4.replace('/', '.'))
                .defineField("count", String.class, Visibility.PUBLIC)
                .make().getBytes();
        OncRpcTransformer transformer = new OncRpcTransformer(Nfs4jWeave.of(config("rdma.nfs4j.transfer-size=1048576")), fatal::add);

        assertThat(transformer.transform(null, getClass().getClassLoader(), READ4, null, null, other)).isNull();
        assertThat(fatal).singleElement().satisfies(e -> assertThat(e).hasMessageContaining("org.dcache.nfs.v4.xdr.READ4args")
                .hasMessageContaining("oncrpc.rdma.nfs4j").hasMessageContaining("count.value"));
    }

    @Test
    void anNfs4jThatLacksSomeClassesFailsAtStart() {
        assertThatThrownBy(() -> Nfs4jWeave.check(List.of("java/lang/String", READ4.replace("READ4", "READ5")),
                getClass().getClassLoader()))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("do not fit this nfs4j").hasMessageContaining("READ5args");
    }

    @Test
    void anNfs4jThatLacksAllOfThemFailsToo() {
        ClassLoader loader = new ByteBuddy().subclass(Object.class).name("org.dcache.nfs.v4.NFSServerV41").make()
                .load(getClass().getClassLoader()).getLoaded().getClassLoader();
        assertThatThrownBy(() -> Nfs4jWeave.check(List.of("no/such/Type"), loader)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no.such.Type");
    }

    @Test
    void withoutNfs4jTheSettingsDoNothing() {
        assertThatCode(() -> Nfs4jWeave.check(List.of("no/such/Type", "nor/This"), getClass().getClassLoader())).doesNotThrowAnyException();
        assertThatCode(() -> Nfs4jWeave.check(Map.<String, String>of().keySet(), getClass().getClassLoader())).doesNotThrowAnyException();
    }
}
