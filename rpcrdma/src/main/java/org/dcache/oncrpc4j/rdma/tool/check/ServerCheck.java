// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.tool.ping.RdmaClient;
import org.dcache.oncrpc4j.rdma.xprt.ConnectionReport;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * One port of one server: which programs answer there over TCP, which over RDMA by each provider, and what an RDMA connection agrees on. It
 * connects once for each, makes NULL calls and closes. One thread.
 */
final class ServerCheck {

    /** The programs that are asked for, by name. */
    record Program(String name, int number, int version) {}

    static final List<Program> PROGRAMS = List.of(new Program("MOUNT 3", 100005, 3), new Program("NFS 3", 100003, 3),
            new Program("NFS 4", 100003, 4));

    private static final String TCP = "TCP";
    private static final String RDMA = "RDMA, ";

    private final List<Program> programs;
    private final Map<String, Configuration> providers;
    private final long timeoutMillis;
    private boolean tcp;
    private boolean rdma;

    /** @param providers those to try, by name, each with the settings that choose it */
    ServerCheck(List<Program> programs, Map<String, Configuration> providers, long timeoutMillis) {
        this.programs = programs;
        this.providers = providers;
        this.timeoutMillis = timeoutMillis;
    }

    /** All that was found; an RDMA provider that finds nobody is a note as long as another one does. */
    List<Finding> of(InetSocketAddress server) {
        List<Finding> findings = new ArrayList<>();
        findings.add(tcp(server));
        List<Finding> refused = new ArrayList<>();
        providers.forEach((provider, config) -> {
            try {
                findings.add(rdma(server, provider, config));
            } catch (IOException | TimeoutException | IllegalStateException e) {
                refused.add(Finding.note(RDMA + provider, line(e)));
            }
        });
        findings.addAll(refused);
        if (!rdma) {
            findings.add(Finding.wrong("RDMA", tcp ? "TCP is served here and RDMA is not: has its JVM the agent and"
                    + " oncrpc.transport=tcp,rdma, and does oncrpc.rdma.port say this port? (rpcrdma stat, there)"
                    : "nothing is served here: is the server up, is this its port, does a firewall let it through?"));
        }
        return findings;
    }

    /** Whether it answered over RDMA. */
    boolean rdma() {
        return rdma;
    }

    /** Whether it answered over TCP. */
    boolean tcp() {
        return tcp;
    }

    private Finding tcp(InetSocketAddress server) {
        try (OncRpcClient client = new OncRpcClient(server, IpProtocolType.TCP)) {
            List<String> served = served(client.connect(timeoutMillis, TimeUnit.MILLISECONDS));
            tcp = true;
            return new Finding(Finding.Level.RIGHT, TCP, text(served), Map.of("programs", served));
        } catch (IOException | TimeoutException e) {
            return Finding.note(TCP, "not served: " + line(e) + "; clients on TCP, also those with a layout, cannot use this port");
        }
    }

    private Finding rdma(InetSocketAddress server, String provider, Configuration config) throws IOException, TimeoutException {
        Program first = programs.get(0);
        try (RdmaClient client = new RdmaClient(server, first.number(), first.version(), config, timeoutMillis)) {
            List<String> served = served(client.transport());
            ConnectionReport report = client.report();
            rdma = true;
            return new Finding(Finding.Level.RIGHT, RDMA + provider, text(served) + "; inline " + report.inlineSend() + "/"
                    + report.inlineReceive() + " B, credits " + report.credits() + ", CRC " + (report.crc() ? "on" : "off") + ", IRD/ORD "
                    + report.ird() + "/" + report.ord() + ", remote invalidation " + (report.remoteInvalidation() ? "yes" : "no"),
                    Map.of("programs", served, "connection", RdmaClient.members(report)));
        }
    }

    /** @throws TimeoutException if nothing comes at all, so that RPC is not spoken */
    private List<String> served(RpcTransport transport) throws IOException, TimeoutException {
        List<String> served = new ArrayList<>();
        for (Program program : programs) {
            try {
                RdmaClient.nullCall(transport, program.number(), program.version(), timeoutMillis);
                served.add(program.name());
            } catch (OncRpcException e) {
                // It answers, and does not serve this one.
                continue;
            }
        }
        return served;
    }

    private static String text(List<String> served) {
        return served.isEmpty() ? "RPC, but none of the programs that were asked for" : String.join(", ", served);
    }

    /** In one line. */
    static String line(Exception e) {
        if (e instanceof TimeoutException || e instanceof EOFException) {
            return "there is a listener that does not answer such calls";
        }
        String message = e.getMessage();
        return (message == null || message.isBlank() ? e.toString() : message).replaceAll("\\s*[\\r\\n]+\\s*", " ");
    }
}
