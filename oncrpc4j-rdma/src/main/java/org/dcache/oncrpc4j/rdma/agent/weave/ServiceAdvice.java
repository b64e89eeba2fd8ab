// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;
import org.dcache.oncrpc4j.rdma.agent.hook.OncRpcHook;
import org.dcache.oncrpc4j.rdma.agent.hook.ServiceFields;

/**
 * The code that is copied into {@code OncRpcSvc}. It runs there, in the application's loader, so it may refer to the JDK and to the hook
 * only, and is as thin as can be. What is thrown here is thrown by the service's method.
 */
final class ServiceAdvice {

    private ServiceAdvice() {}

    static final class Constructor {

        private Constructor() {}

        @Advice.OnMethodExit
        static void exit(
                @Advice.Origin Class<?> type,
                @Advice.This Object service,
                @Advice.FieldValue("_svcName") String name,
                @Advice.FieldValue("_isClient") boolean client,
                @Advice.FieldValue("_programs") Map<?, ?> programs,
                @Advice.FieldValue("_requestExecutor") ExecutorService executor,
                @Advice.FieldValue("_gssSessionManager") Object gss,
                @Advice.FieldValue("_withSubjectPropagation") boolean subjectPropagation,
                @Advice.FieldValue(value = "_callInterceptor", readOnly = false) Consumer<?> interceptor,
                @Advice.FieldValue("_portRange") Object portRange,
                @Advice.FieldValue("_bindAddress") String bindAddress,
                @Advice.FieldValue("_backlog") int backlog,
                @Advice.FieldValue("_publish") boolean publish,
                @Advice.FieldValue("_sslContextProvider") Callable<?> sslContext,
                @Advice.FieldValue("_transports") List<?> transports,
                @Advice.FieldValue("_boundConnections") Set<?> bound) {
            interceptor = OncRpcHook.constructed(type, service, new ServiceFields(name, client, programs, executor, gss, subjectPropagation,
                    interceptor, portRange, bindAddress, backlog, publish, sslContext, transports, bound));
        }
    }

    static final class Start {

        private Start() {}

        @Advice.OnMethodEnter
        static void enter(@Advice.FieldValue("_callInterceptor") Object interceptor) throws IOException {
            OncRpcHook.of(interceptor).starting();
        }

        @Advice.OnMethodExit
        static void exit(@Advice.FieldValue("_callInterceptor") Object interceptor) throws IOException {
            OncRpcHook.of(interceptor).started();
        }
    }

    static final class Stop {

        private Stop() {}

        @Advice.OnMethodEnter
        static void enter(@Advice.FieldValue("_callInterceptor") Object interceptor) {
            OncRpcHook.of(interceptor).stopping();
        }
    }

    static final class StopGracefully {

        private StopGracefully() {}

        @Advice.OnMethodEnter
        static void enter(@Advice.FieldValue("_callInterceptor") Object interceptor, @Advice.Argument(0) long gracePeriod,
                @Advice.Argument(1) TimeUnit unit) {
            OncRpcHook.of(interceptor).stopping(gracePeriod, unit);
        }
    }

    static final class Connect {

        private Connect() {}

        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        static Object enter(@Advice.FieldValue("_callInterceptor") Object interceptor, @Advice.Argument(0) InetSocketAddress address,
                @Advice.Argument(1) long timeout, @Advice.Argument(2) TimeUnit unit) throws IOException {
            return OncRpcHook.of(interceptor).connect(address, timeout, unit);
        }

        @Advice.OnMethodExit
        static void exit(@Advice.Enter Object diverted,
                @Advice.Return(readOnly = false, typing = Assigner.Typing.DYNAMIC) Object transport) {
            if (diverted != null) {
                transport = diverted;
            }
        }
    }

    static final class Address {

        private Address() {}

        @Advice.OnMethodExit
        static void exit(@Advice.FieldValue("_callInterceptor") Object interceptor, @Advice.Argument(0) int protocol,
                @Advice.Return(readOnly = false) InetSocketAddress address) {
            address = OncRpcHook.of(interceptor).localAddress(protocol, address);
        }
    }

    static final class Text {

        private Text() {}

        @Advice.OnMethodExit
        static void exit(@Advice.FieldValue("_callInterceptor") Object interceptor, @Advice.Return(readOnly = false) String text) {
            text = OncRpcHook.of(interceptor).describe(text);
        }
    }
}
