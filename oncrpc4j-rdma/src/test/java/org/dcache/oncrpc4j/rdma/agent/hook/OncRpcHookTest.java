// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.hook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class OncRpcHookTest {

    private static final Consumer<Object> OWN = call -> { };

    private static ServiceFields fields() {
        return new ServiceFields("s", false, Map.of(), null, null, false, OWN, null, "0.0.0.0", 0, false, null, List.of(), Set.of());
    }

    @Test
    void aServiceThatIsNotOursKeepsWhatItHas() throws IOException {
        ServiceHook hook = OncRpcHook.of(OWN);
        InetSocketAddress address = new InetSocketAddress(1);

        hook.starting();
        hook.started();
        assertThat(hook.connect(address, 1, TimeUnit.SECONDS)).isNull();
        assertThat(hook.localAddress(6, address)).isSameAs(address);
        assertThat(hook.describe("text")).isEqualTo("text");
        hook.stopping();
        hook.stopping(1, TimeUnit.SECONDS);
    }

    @Test
    void eachClassHasOneHookAndAFailedOneIsTriedAgain() {
        List<Class<?>> made = new ArrayList<>();
        List<Object> abandoned = new ArrayList<>();
        List<Object> waited = new ArrayList<>();
        OncRpcHook.install(type -> {
            made.add(type);
            if (made.size() == 1) {
                throw new IllegalStateException("no transport");
            }
            return new LoaderHook() {
                @Override
                public ServiceHook open(Object service, ServiceFields fields) {
                    return null;
                }

                @Override
                public Object newCallXdr(Object transport, int size) {
                    return transport + " " + size;
                }

                @Override
                public void abandonCallXdr(Object xdr) {
                    abandoned.add(xdr);
                }

                @Override
                public void waits(Object transport, Future<?> reply) {
                    waited.add(transport + " " + reply.isDone());
                }

                @Override
                public byte[] deviceAddress(Object stream, int layoutType, byte[] body) {
                    return (stream + " " + layoutType + " " + body.length).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
                }
            };
        });

        assertThatThrownBy(() -> OncRpcHook.constructed(First.class, this, fields())).hasMessage("no transport");
        assertThat(OncRpcHook.constructed(First.class, this, fields())).isSameAs(OWN);
        assertThat(OncRpcHook.newCallXdr(First.class, "transport", 1024)).isEqualTo("transport 1024");
        // Within its encoder a call is made, which fails; then the encoder fails as well.
        assertThat(OncRpcHook.newCallXdr(First.class, "inner", 1)).isEqualTo("inner 1");
        OncRpcHook.callEncoded(new IOException("inner"));
        assertThat(abandoned).containsExactly("inner 1");
        OncRpcHook.callEncoded(new IOException("outer"));
        assertThat(abandoned).containsExactly("inner 1", "transport 1024");
        OncRpcHook.newCallXdr(First.class, "sent", 1);
        OncRpcHook.callEncoded(null);
        assertThat(abandoned).hasSize(2);
        OncRpcHook.waits(CompletableFuture.completedFuture(1), First.class, "transport");
        assertThat(waited).containsExactly("transport true");
        assertThat(OncRpcHook.deviceAddress(new byte[5], First.class, "stream", 4)).asString().isEqualTo("stream 4 5");
        assertThat(OncRpcHook.constructed(Second.class, this, fields())).isSameAs(OWN);
        assertThat(made).containsExactly(First.class, First.class, Second.class);
    }

    private static final class First {}

    private static final class Second {}
}
