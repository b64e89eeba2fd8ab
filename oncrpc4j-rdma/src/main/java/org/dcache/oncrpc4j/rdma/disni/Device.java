// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.verbs.IbvContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.metrics.Counters;

/**
 * What the connections over one RDMA device share: a protection domain for the accepted ones, and pollers, of which one more is made when
 * the completion queues of the others are full. Made by the adapter with the first connection over that device, closed with the adapter.
 * Any thread, but no loop: it blocks.
 */
final class Device {

    private final IbvContext context;
    private final String name;
    private final Counters counters;
    private final Set<Domain> domains;
    private final Domain shared;
    private final List<Poller> pollers = new ArrayList<>();

    /** @param domains where all domains are known, for regions that end */
    Device(IbvContext context, String name, Counters counters, Set<Domain> domains) throws IOException {
        this.context = context;
        this.name = name;
        this.counters = counters;
        this.domains = domains;
        this.shared = own();
    }

    Domain shared() {
        return shared;
    }

    /** A domain for one connection, which closes it. */
    final Domain own() throws IOException {
        Domain domain = new Domain(context.allocPd(), counters, domains);
        domains.add(domain);
        return domain;
    }

    /**
     * The loop for a new queue pair, with room for that many work requests.
     *
     * @throws IOException the system gives none, or completions of the device could not be taken before
     */
    synchronized Poller poller(int requests) throws IOException {
        for (Poller poller : pollers) {
            poller.check();
            if (poller.reserve(requests)) {
                return poller;
            }
        }
        Poller poller = new Poller(new DeviceCompletions(context), name + '-' + (pollers.size() + 1), counters);
        poller.reserve(requests);
        pollers.add(poller);
        return poller;
    }

    /** When no connection is left. */
    synchronized void close() {
        pollers.forEach(Poller::close);
        shared.close();
    }

    /** Whether the caller is on one of its loops. */
    synchronized boolean inLoop() {
        return pollers.stream().anyMatch(Poller::inLoop);
    }
}
