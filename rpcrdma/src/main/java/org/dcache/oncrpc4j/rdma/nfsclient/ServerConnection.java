// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rpc.IoStrategy;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.RpcAuth;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to a server, from connecting to closing. It has an oncrpc4j client of its own, because oncrpc4j can close a client but not
 * a transport, and one {@link RpcCall} for all calls, because that counts the xids. Any thread.
 */
final class ServerConnection implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ServerConnection.class);

    private final OncRpcClient client;
    private final RpcTransport transport;
    private final RpcCall call;

    /** @param timeoutMillis time-out of connecting */
    ServerConnection(InetSocketAddress server, int program, int version, RpcAuth credential, long timeoutMillis) throws IOException {
        client = new OncRpcClient(server, IpProtocolType.TCP, 0, IoStrategy.SAME_THREAD, "nfs client");
        transport = client.connect(timeoutMillis, TimeUnit.MILLISECONDS);
        call = new RpcCall(program, version, credential, transport);
    }

    boolean isOpen() {
        return transport.isOpen();
    }

    /** Makes a call and waits for its reply; exceptions as of oncrpc4j. */
    void call(int procedure, XdrAble arguments, XdrAble result, long timeoutMillis) throws IOException,
            java.util.concurrent.TimeoutException {
        call.call(procedure, arguments, result, timeoutMillis, TimeUnit.MILLISECONDS);
    }

    /** The transport that carries the calls. */
    RpcTransport transport() {
        return transport;
    }

    @Override
    public void close() {
        try {
            client.close();
        } catch (IOException e) {
            LOG.debug("closing {}: {}", transport, e.toString());
        }
    }
}
