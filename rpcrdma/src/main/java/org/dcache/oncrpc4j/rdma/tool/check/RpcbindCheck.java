// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dcache.oncrpc4j.portmap.OncRpcPortmap;
import org.dcache.oncrpc4j.portmap.mapping;
import org.dcache.oncrpc4j.portmap.rpcb;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * At which ports a server's rpcbind names the programs, by netid. It is asked over TCP, in version 4, else in version 2, the portmapper's,
 * which knows TCP and UDP only. Nothing that it says is wrong: clients that name the port do without it. One thread.
 */
final class RpcbindCheck {

    private static final String RPCBIND = "rpcbind";
    /** RFC 5665, section 5.2.3.4: the last two numbers are the port's bytes. Other addresses, such as a socket's path, have no port. */
    private static final Pattern PORT = Pattern.compile(".*\\.(\\d{1,3})\\.(\\d{1,3})");

    private final List<ServerCheck.Program> programs;
    private final long timeoutMillis;

    RpcbindCheck(List<ServerCheck.Program> programs, long timeoutMillis) {
        this.programs = programs;
        this.timeoutMillis = timeoutMillis;
    }

    /** One finding for each program, or one that nobody answers. */
    List<Finding> of(InetSocketAddress rpcbind) {
        try (OncRpcClient client = new OncRpcClient(rpcbind, IpProtocolType.TCP)) {
            RpcTransport transport = client.connect(timeoutMillis, TimeUnit.MILLISECONDS);
            Entries entries = new Entries(OncRpcPortmap.PORTMAP_V4);
            try {
                dump(transport, entries);
            } catch (OncRpcException e) {
                entries = new Entries(OncRpcPortmap.PORTMAP_V2);
                dump(transport, entries);
            }
            List<Finding> findings = new ArrayList<>();
            for (ServerCheck.Program program : programs) {
                findings.add(entries.of(program, rpcbind.getAddress() instanceof Inet6Address ? "rdma6" : "rdma"));
            }
            return findings;
        } catch (IOException | TimeoutException e) {
            return List.of(Finding.note(RPCBIND, "not there: " + ServerCheck.line(e) + "; clients name the ports, of MOUNT too"));
        }
    }

    private void dump(RpcTransport transport, Entries entries) throws IOException, TimeoutException {
        new RpcCall(OncRpcPortmap.PORTMAP_PROGRAMM, entries.rpcbindVersion, new RpcAuthTypeNone(), transport)
                .call(OncRpcPortmap.RPCBPROC_DUMP, XdrVoid.XDR_VOID, entries, timeoutMillis, TimeUnit.MILLISECONDS);
    }

    /** The result of DUMP; the two versions differ in the entries only. */
    private static final class Entries implements XdrAble {

        private record Entry(int program, int version, String netid, int port) {}

        private final int rpcbindVersion;
        private final List<Entry> all = new ArrayList<>();

        Entries(int rpcbindVersion) {
            this.rpcbindVersion = rpcbindVersion;
        }

        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws IOException {
            while (xdr.xdrDecodeBoolean()) {
                if (rpcbindVersion == OncRpcPortmap.PORTMAP_V4) {
                    rpcb entry = new rpcb();
                    entry.xdrDecode(xdr);
                    Matcher port = PORT.matcher(entry.getAddr());
                    if (port.matches()) {
                        all.add(new Entry(entry.getProg(), entry.getVers(), entry.getNetid(),
                                Integer.parseInt(port.group(1)) << Byte.SIZE | Integer.parseInt(port.group(2))));
                    }
                } else {
                    mapping entry = new mapping();
                    entry.xdrDecode(xdr);
                    all.add(new Entry(entry.getProg(), entry.getVers(), entry.getProt() == IpProtocolType.TCP ? "tcp" : "udp",
                            entry.getPort()));
                }
            }
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {
            throw new UnsupportedOperationException();
        }

        /** @param wanted the netid of RDMA by which the host was asked */
        Finding of(ServerCheck.Program program, String wanted) {
            Map<String, Integer> ports = new TreeMap<>();
            all.stream().filter(entry -> entry.program == program.number() && entry.version == program.version())
                    .forEach(entry -> ports.put(entry.netid, entry.port));
            StringJoiner text = new StringJoiner(", ", program.name() + ": ", "");
            ports.forEach((netid, port) -> text.add(netid + ' ' + port));
            boolean rdma = ports.containsKey(wanted);
            String lacks = ports.isEmpty() ? "not named, so clients name the port" : rdma ? ""
                    : (rpcbindVersion == OncRpcPortmap.PORTMAP_V4 ? "; no " + wanted : "; this is a portmapper, which knows no rdma")
                            + ", so its clients name the port";
            return new Finding(rdma ? Finding.Level.RIGHT : Finding.Level.NOTE, RPCBIND, text + lacks,
                    Map.of("program", program.name(), "ports", ports));
        }
    }
}
