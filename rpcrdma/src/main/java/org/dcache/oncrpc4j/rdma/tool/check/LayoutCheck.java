// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.export.tree.ProcessUser;
import org.dcache.oncrpc4j.rdma.tool.check.nfs41.DataServer;
import org.dcache.oncrpc4j.rdma.tool.check.nfs41.PnfsSession;
import org.dcache.oncrpc4j.rdma.tool.ping.RdmaClient;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * The layout of one file, as a client gets it that came by one transport: which addresses its data servers have, in their order. Asks as
 * the user who runs it, by AUTH_SYS. One thread.
 */
final class LayoutCheck {

    private static final String LAYOUT = "layout";

    private final String path;
    private final long timeoutMillis;

    LayoutCheck(String path, long timeoutMillis) {
        this.path = path;
        this.timeoutMillis = timeoutMillis;
    }

    /** @param ports of data servers, in their order, with the netids for which each is named */
    record Result(List<Finding> findings, Map<InetSocketAddress, Collection<String>> ports) {}

    Result overTcp(InetSocketAddress server) {
        try (OncRpcClient client = new OncRpcClient(server, IpProtocolType.TCP)) {
            return of(client.connect(timeoutMillis, TimeUnit.MILLISECONDS), false);
        } catch (IOException | TimeoutException e) {
            return failed(e);
        }
    }

    /** @param providers of which the first that connects is used */
    Result overRdma(InetSocketAddress server, Collection<Configuration> providers) {
        Exception failure = null;
        for (Configuration provider : providers) {
            try (RdmaClient client = new RdmaClient(server, PnfsSession.PROGRAM, PnfsSession.VERSION, provider, timeoutMillis)) {
                return of(client.transport(), true);
            } catch (IOException | TimeoutException | IllegalStateException e) {
                failure = e;
            }
        }
        return failed(failure);
    }

    private static Result failed(Exception e) {
        return new Result(List.of(Finding.wrong(LAYOUT, ServerCheck.line(e))), Map.of());
    }

    private Result of(RpcTransport transport, boolean rdma) throws IOException, TimeoutException {
        ProcessUser user = ProcessUser.current();
        PnfsSession.Layouts layouts;
        try (PnfsSession session = new PnfsSession(transport, new RpcAuthTypeUnix(user.uid(), user.gid(), user.groups(), 0, "check"),
                timeoutMillis)) {
            layouts = session.layouts(path);
        }
        if (layouts.devices().isEmpty()) {
            return new Result(List.of(Finding.wrong(LAYOUT, layouts.types().isEmpty() ? "the server has none for this file:"
                    + " its export lacks pnfs, or it is no door" : "only of types " + layouts.types()
                    + ", whose data servers do not speak NFS")), Map.of());
        }
        List<Finding> findings = new ArrayList<>();
        Map<InetSocketAddress, Collection<String>> ports = new LinkedHashMap<>();
        layouts.devices().forEach((type, devices) -> devices.forEach(device -> findings.add(device(type.toString(), device, rdma, ports))));
        return new Result(findings, ports);
    }

    private static Finding device(String type, List<DataServer> device, boolean rdma, Map<InetSocketAddress, Collection<String>> ports) {
        StringJoiner text = new StringJoiner(", ", type + ": ", "");
        for (DataServer server : device) {
            try {
                InetSocketAddress address = server.address();
                text.add(server.netid() + ' ' + address.getAddress().getHostAddress() + " port " + address.getPort());
                ports.computeIfAbsent(address, at -> new TreeSet<>()).add(server.netid());
            } catch (UnknownHostException e) {
                return Finding.wrong(LAYOUT, type + ": " + server.netid() + ": " + e.getMessage());
            }
        }
        Map<String, ?> values = Map.of("type", type, "addresses", device.stream().map(DataServer::toString).toList());
        if (device.isEmpty()) {
            return new Finding(Finding.Level.WRONG, LAYOUT, text + "a device without addresses", values);
        }
        return rdma && device.stream().noneMatch(DataServer::overRdma) ? new Finding(Finding.Level.WRONG, LAYOUT, text
                + "; none for RDMA, though this client came by it: has the door's JVM oncrpc.rdma.nfs4j.devices?", values)
                : new Finding(Finding.Level.RIGHT, LAYOUT, text.toString(), values);
    }

    /**
     * What was found at a data server, judged by what its layout says of it.
     *
     * @param netids for which the address is named
     */
    static List<Finding> dataServer(List<Finding> found, Collection<String> netids, boolean tcp, boolean rdma) {
        boolean wantsRdma = netids.stream().anyMatch(netid -> netid.startsWith("rdma"));
        List<Finding> findings = new ArrayList<>(wantsRdma ? found : found.stream().map(Finding::asNote).toList());
        if (netids.stream().anyMatch(netid -> netid.startsWith("tcp")) && !tcp) {
            findings.add(Finding.wrong("TCP", "the layout names this address for TCP, and it does not answer: clients whose RDMA"
                    + " fails, or that have none, hang"));
        }
        if (wantsRdma && !rdma) {
            findings.add(Finding.wrong("RDMA", "the layout names this address for RDMA, and it does not answer: "
                    + (tcp ? "data goes by TCP after a wait" : "clients hang")));
        }
        return findings;
    }
}
