// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Store;
import org.dcache.oncrpc4j.rpc.IoStrategy;

/**
 * The command lines of a pair of JVMs.
 *
 * @param workload the two programs
 * @param jvm flags and class path of the java command, agent included
 * @param issuers threads of the client that begin calls; 0: the callbacks do
 * @param store of the measuring program's server
 * @param verbose pass the children's output on
 */
record Launch(Workload workload, List<String> jvm, String address, IoStrategy serverStrategy, IoStrategy clientStrategy, int issuers,
        Store store, boolean verbose) {

    /** Of the limit's pair, in JVMs without the agent. */
    static Launch limit(List<String> jvm, String address, boolean verbose) {
        return new Launch(Workload.LIMIT, jvm, address, IoStrategy.SAME_THREAD, IoStrategy.SAME_THREAD, 0, Store.CHANGING, verbose);
    }

    List<String> server() {
        return server(address);
    }

    /** @param bind where the server listens, instead of on the address that the client is told */
    List<String> server(String bind) {
        return with(workload.server(), bind, serverStrategy.name(), store.name());
    }

    List<String> client(int port) {
        return with(workload.client(), address, "" + port, clientStrategy.name(), "" + issuers, store.name(), workload.protocol());
    }

    private List<String> with(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(jvm);
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return command;
    }
}
