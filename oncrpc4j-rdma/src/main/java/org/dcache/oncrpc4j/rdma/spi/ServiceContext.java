// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.spi;

import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.gss.GssSessionManager;

/**
 * What an {@code OncRpcSvc} was built with. The map of programs is the service's own and changes as programs are registered.
 *
 * @param name service name; may be null for a client
 * @param client whether it was built in client mode
 * @param programs live map
 * @param executor where calls are dispatched; may be a direct executor
 * @param gss null when RPCSEC_GSS is not configured
 * @param subjectPropagation dispatch under the caller's Subject
 * @param interceptor called before each dispatch; never null
 * @param minPort first port to try, 0 for an ephemeral one
 * @param maxPort last port to try, 0 with an ephemeral one
 * @param bindAddress address to bind, as text
 * @param backlog listen backlog
 * @param publish register with the portmapper
 * @param tls the service has an SSL context
 */
public record ServiceContext(
        String name,
        boolean client,
        Map<OncRpcProgram, RpcDispatchable> programs,
        ExecutorService executor,
        GssSessionManager gss,
        boolean subjectPropagation,
        Consumer<RpcCall> interceptor,
        int minPort,
        int maxPort,
        String bindAddress,
        int backlog,
        boolean publish,
        boolean tls) {}
