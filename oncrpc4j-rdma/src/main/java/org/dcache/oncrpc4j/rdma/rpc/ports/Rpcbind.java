// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.ports;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.portmap.OncRpcPortmap;
import org.dcache.oncrpc4j.portmap.rpcb;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.net.InetSocketAddresses;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrBoolean;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A service's entries in the rpcbind service of this machine, under the netids {@code rdma} and {@code rdma6} (RFC 8166, section 5).
 *
 * <p>Only rpcbind version 4 can hold them; a portmapper of version 2 is passed over, with one line in the log. The service itself clears
 * all its entries when it starts and stops, ours included. Called by the thread that starts the service; asks by UDP, waits a bounded time,
 * and never fails the service, as oncrpc4j's own publishing does not.
 */
public final class Rpcbind {

    private static final Logger LOG = LoggerFactory.getLogger(Rpcbind.class);

    private static final long TIMEOUT = 2;

    private final int port;

    public Rpcbind() {
        this(OncRpcPortmap.PORTMAP_PORT);
    }

    /** For tests: one at another port. */
    Rpcbind(int port) {
        this.port = port;
    }

    /** Enters each program under the first address of each netid: rpcbind holds no more. */
    public void publish(Collection<OncRpcProgram> programs, List<InetSocketAddress> addresses) {
        ask(programs, (call, program) -> {
            Set<String> entered = new HashSet<>();
            for (InetSocketAddress address : addresses) {
                if (entered.add(netid(address.getAddress()))) {
                    set(call, OncRpcPortmap.RPCBPROC_SET, program, netid(address.getAddress()), InetSocketAddresses.uaddrOf(address));
                }
            }
        });
    }

    /** Takes away all entries of each program, those for TCP and UDP too. */
    public void clear(Collection<OncRpcProgram> programs) {
        ask(programs, (call, program) -> set(call, OncRpcPortmap.RPCBPROC_UNSET, program, "", ""));
    }

    static String netid(InetAddress address) {
        return address instanceof Inet6Address ? "rdma6" : "rdma";
    }

    private interface Question {
        void ask(RpcCall call, OncRpcProgram program) throws IOException, TimeoutException;
    }

    private void ask(Collection<OncRpcProgram> programs, Question question) {
        try (OncRpcClient client = new OncRpcClient(InetAddress.getByName(null), IpProtocolType.UDP, port)) {
            RpcCall call = new RpcCall(OncRpcPortmap.PORTMAP_PROGRAMM, OncRpcPortmap.PORTMAP_V4, new RpcAuthTypeNone(), client.connect());
            call.call(OncRpcPortmap.PMAPPROC_NULL, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, TIMEOUT, TimeUnit.SECONDS);
            for (OncRpcProgram program : programs) {
                question.ask(call, program);
            }
        } catch (IOException | TimeoutException e) {
            LOG.info("rpcbind version 4 is not there, so clients name the RDMA port themselves: {}", e.getMessage());
        }
    }

    private static void set(RpcCall call, int procedure, OncRpcProgram program, String netid, String uaddr) throws IOException,
            TimeoutException {
        rpcb entry = new rpcb(program.getNumber(), program.getVersion(), netid, uaddr, System.getProperty("user.name"));
        XdrBoolean done = new XdrBoolean();
        call.call(procedure, entry, done, TIMEOUT, TimeUnit.SECONDS);
        if (!done.booleanValue() && procedure == OncRpcPortmap.RPCBPROC_SET) {
            LOG.warn("rpcbind did not take program {} version {} as {} at {}", program.getNumber(), program.getVersion(), netid, uaddr);
        }
    }
}
