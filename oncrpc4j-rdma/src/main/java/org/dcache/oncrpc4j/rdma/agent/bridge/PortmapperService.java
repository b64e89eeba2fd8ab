// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.bridge;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.agent.hook.ServiceHook;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.RpcCall;

/** A service that was built as a portmapper: it stays as it is, on TCP; {@link Portmappers} has to know where it listens. */
record PortmapperService(OncRpcSvc service, Consumer<RpcCall> interceptor) implements ServiceHook {

    @Override
    public void accept(Object call) {
        interceptor.accept((RpcCall) call);
    }

    @Override
    public void started() {
        Portmappers.started(service);
    }

    @Override
    public void stopping() {
        Portmappers.stopping(service);
    }

    @Override
    public void stopping(long gracePeriod, TimeUnit unit) {
        stopping();
    }
}
