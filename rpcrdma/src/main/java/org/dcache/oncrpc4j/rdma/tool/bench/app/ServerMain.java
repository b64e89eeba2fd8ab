// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import org.dcache.oncrpc4j.rdma.bench.BenchProtocol;
import org.dcache.oncrpc4j.rpc.IoStrategy;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;

/**
 * The server JVM of one pair. It knows nothing of RDMA, which is the agent's task. Arguments: bind address, {@link IoStrategy}, and its
 * {@link Store}.
 */
public final class ServerMain {

    private ServerMain() {}

    public static void main(String[] args) throws Exception {
        OncRpcSvc service = new OncRpcSvcBuilder()
                .withTCP()
                .withoutAutoPublish()
                .withBindAddress(args[0])
                .withIoStrategy(IoStrategy.valueOf(args[1]))
                .withServiceName("bench")
                .withRpcService(new OncRpcProgram(BenchProtocol.PROGRAM, BenchProtocol.VERSION),
                        new BenchService(Store.valueOf(args[2])))
                .build();
        Server.run(service);
    }
}
