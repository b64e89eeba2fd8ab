// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.hook;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;

/**
 * The private fields of an {@code OncRpcSvc} at the end of its constructor, in JDK types. Made by woven code; a field that is missing there
 * fails the weave, not the first service.
 *
 * @param name {@code _svcName}
 * @param client {@code _isClient}
 * @param programs {@code _programs}, live
 * @param executor {@code _requestExecutor}
 * @param gss {@code _gssSessionManager} or null
 * @param subjectPropagation {@code _withSubjectPropagation}
 * @param interceptor {@code _callInterceptor} as the builder gave it
 * @param portRange {@code _portRange}, a Grizzly PortRange or null
 * @param bindAddress {@code _bindAddress}
 * @param backlog {@code _backlog}
 * @param publish {@code _publish}
 * @param sslContext {@code _sslContextProvider} or null
 * @param transports {@code _transports}, the service's own list
 * @param bound {@code _boundConnections}, the service's own set
 */
public record ServiceFields(
        String name,
        boolean client,
        Map<?, ?> programs,
        ExecutorService executor,
        Object gss,
        boolean subjectPropagation,
        Consumer<?> interceptor,
        Object portRange,
        String bindAddress,
        int backlog,
        boolean publish,
        Callable<?> sslContext,
        List<?> transports,
        Set<?> bound) {}
