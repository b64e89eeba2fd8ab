// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo.app;

import org.dcache.oncrpc4j.rdma.tool.app.Console;
import org.dcache.oncrpc4j.rdma.tool.counters.JmxCounters;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/** An oncrpc4j service as anybody would write it. Answers {@code counters} and {@code quit}. */
public final class DemoServer {

    private DemoServer() {}

    public static void main(String[] args) throws Exception {
        Console console = new Console(DemoProgram.MARK);
        OncRpcSvc service = new OncRpcSvcBuilder()
                .withTCP()
                .withoutAutoPublish()
                .withWorkerThreadIoStrategy()
                .withBindAddress("127.0.0.1")
                .withServiceName("demo")
                .withRpcService(new OncRpcProgram(DemoProgram.PROGRAM, DemoProgram.VERSION), new DemoProgram())
                .build();
        service.start();
        console.say("listening " + service.getInetSocketAddress(IpProtocolType.TCP).getPort());
        console.serve(command -> JmxCounters.line());
        service.stop();
        console.say("bye");
        System.exit(0);
    }
}
