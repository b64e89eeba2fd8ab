// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.nfs.nfsstat;
import org.dcache.nfs.v4.ClientSession;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.nfs.v4.xdr.COMPOUND4args;
import org.dcache.nfs.v4.xdr.COMPOUND4res;
import org.dcache.nfs.v4.xdr.CREATE_SESSION4args;
import org.dcache.nfs.v4.xdr.CREATE_SESSION4resok;
import org.dcache.nfs.v4.xdr.EXCHANGE_ID4resok;
import org.dcache.nfs.v4.xdr.SEQUENCE4args;
import org.dcache.nfs.v4.xdr.callback_sec_parms4;
import org.dcache.nfs.v4.xdr.channel_attrs4;
import org.dcache.nfs.v4.xdr.clientid4;
import org.dcache.nfs.v4.xdr.count4;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.nfs.v4.xdr.nfs_argop4;
import org.dcache.nfs.v4.xdr.nfs_opnum4;
import org.dcache.nfs.v4.xdr.nfs_resop4;
import org.dcache.nfs.v4.xdr.slotid4;
import org.dcache.nfs.v4.xdr.state_protect_how4;
import org.dcache.nfs.v4.xdr.uint32_t;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * An NFSv4.1 client with a session and its backchannel on the same connection, made of nfs4j's builders and XDR classes. Checks the
 * transport of each connection. Compounds may be sent by several threads; each takes a slot.
 */
final class NfsSession implements AutoCloseable {

    /** What a Linux client asks for over RDMA with 1 MiB transfers: data and room for the headers. */
    static final int MESSAGE = (1 << 20) + 4096;

    static final int SLOTS = 8;
    private static final int CALLBACK_PROGRAM = 0x40000000;
    private static final int BACKCHANNEL_MESSAGE = 4096;
    private static final int SECONDS = 30;
    private static final AtomicInteger OWNERS = new AtomicInteger();

    private final List<OncRpcClient> clients = new ArrayList<>();
    private final InetSocketAddress server;
    private final Callbacks callbacks = new Callbacks();
    private final RpcCall nfs;
    private final CREATE_SESSION4resok created;
    private final clientid4 clientId;
    private final ClientSession slots;

    /** A session over RDMA. */
    NfsSession(InetSocketAddress server) throws IOException {
        this(server, IpProtocolType.TCP, "RdmaRpcTransport");
    }

    /** A session over TCP, in a JVM without the agent. */
    static NfsSession overTcp(InetSocketAddress server) throws IOException {
        return new NfsSession(server, IpProtocolType.TCP, "GrizzlyRpcTransport");
    }

    /** A session over UDP, without a backchannel, and with messages that fit a datagram. */
    static NfsSession overUdp(InetSocketAddress server) throws IOException {
        return new NfsSession(server, IpProtocolType.UDP, "GrizzlyRpcTransport");
    }

    private NfsSession(InetSocketAddress server, int protocol, String transport) throws IOException {
        this.server = server;
        boolean backchannel = protocol == IpProtocolType.TCP;
        RpcTransport connection = connect(protocol, backchannel);
        assertThat(connection.getClass().getSimpleName()).isEqualTo(transport);
        nfs = call(connection);
        EXCHANGE_ID4resok identity = only(new CompoundBuilder()
                .withExchangeId("oncrpc4j-rdma", "test", "client " + OWNERS.incrementAndGet(),
                nfs4_prot.EXCHGID4_FLAG_SUPP_MOVED_REFER, state_protect_how4.SP4_NONE)).opexchange_id.eir_resok4;
        clientId = identity.eir_clientid;
        CompoundBuilder create = new CompoundBuilder().withCreatesession(clientId, identity.eir_sequenceid);
        COMPOUND4args args = create.withMinorversion(1).withTag("create").build();
        attributes(args.argarray[0].opcreate_session, backchannel);
        created = only(args).opcreate_session.csr_resok4;
        slots = new ClientSession(created.csr_sessionid, Math.min(SLOTS, created.csr_fore_chan_attrs.ca_maxrequests.value));
        compound(new CompoundBuilder().withReclaimComplete());
    }

    private static void attributes(CREATE_SESSION4args args, boolean backchannel) {
        args.csa_flags = new uint32_t(backchannel ? nfs4_prot.CREATE_SESSION4_FLAG_CONN_BACK_CHAN : 0);
        args.csa_cb_program = new uint32_t(CALLBACK_PROGRAM);
        args.csa_fore_chan_attrs = channel(MESSAGE, MESSAGE, SLOTS, 32);
        args.csa_back_chan_attrs = channel(BACKCHANNEL_MESSAGE, BACKCHANNEL_MESSAGE, 1, 8);
        args.csa_sec_parms[0] = new callback_sec_parms4();
        args.csa_sec_parms[0].cb_secflavor = nfs4_prot.AUTH_NONE;
    }

    private static channel_attrs4 channel(int request, int response, int requests, int operations) {
        channel_attrs4 channel = new channel_attrs4();
        channel.ca_headerpadsize = new count4(0);
        channel.ca_maxrequestsize = new count4(request);
        channel.ca_maxresponsesize = new count4(response);
        channel.ca_maxresponsesize_cached = new count4(4096);
        channel.ca_maxrequests = new count4(requests);
        channel.ca_maxoperations = new count4(operations);
        channel.ca_rdma_ird = new uint32_t[0];
        return channel;
    }

    private RpcTransport connect(int protocol, boolean callback) throws IOException {
        OncRpcClient client = callback
                ? OncRpcClient.newBuilder().withTCP().withServiceName("nfs client")
                        .withRpcService(new OncRpcProgram(CALLBACK_PROGRAM, 1), callbacks).build(server)
                : new OncRpcClient(server, protocol);
        clients.add(client);
        return client.connect();
    }

    private static RpcCall call(RpcTransport connection) {
        return new RpcCall(nfs4_prot.NFS4_PROGRAM, nfs4_prot.NFS_V4, new RpcAuthTypeUnix(0, 0, new int[] {0}, 0, "client"), connection);
    }

    /** A further connection, for calls of the same session. */
    RpcCall furtherConnection() throws IOException {
        return call(connect(IpProtocolType.TCP, false));
    }

    /** The one with the backchannel. */
    void closeFirstConnection() throws IOException {
        clients.remove(0).close();
    }

    CREATE_SESSION4resok created() {
        return created;
    }

    clientid4 clientId() {
        return clientId;
    }

    Callbacks callbacks() {
        return callbacks;
    }

    /** A compound with SEQUENCE before it. Its results without that of SEQUENCE; fails unless all of them are NFS4_OK. */
    List<nfs_resop4> compound(CompoundBuilder builder) throws IOException {
        return compound(nfs, builder);
    }

    List<nfs_resop4> compound(RpcCall connection, CompoundBuilder builder) throws IOException {
        COMPOUND4res result = send(connection, builder);
        nfsstat.throwIfNeeded(result.status);
        return result.resarray.subList(1, result.resarray.size());
    }

    /** The status of a compound that may fail. */
    int status(CompoundBuilder builder) throws IOException {
        return send(nfs, builder).status;
    }

    /**
     * A compound that {@link #send} may send several times, as a client does that missed its reply. The slot is its own for as long as the
     * session lives.
     *
     * @param cached whether the server is asked to keep the reply
     */
    COMPOUND4args retransmittable(CompoundBuilder builder, boolean cached) throws IOException {
        COMPOUND4args args = sequenced(builder, slots.acquireSlot());
        args.argarray[0].opsequence.sa_cachethis = cached;
        return args;
    }

    /** The connection with the backchannel. */
    RpcCall connection() {
        return nfs;
    }

    private COMPOUND4res send(RpcCall connection, CompoundBuilder builder) throws IOException {
        ClientSession.SessionSlot slot = slots.acquireSlot();
        try {
            return send(connection, sequenced(builder, slot));
        } finally {
            slots.releaseSlot(slot);
        }
    }

    private COMPOUND4args sequenced(CompoundBuilder builder, ClientSession.SessionSlot slot) {
        COMPOUND4args args = builder.withMinorversion(1).withTag("test").build();
        nfs_argop4 sequence = new nfs_argop4();
        sequence.argop = nfs_opnum4.OP_SEQUENCE;
        sequence.opsequence = new SEQUENCE4args();
        sequence.opsequence.sa_sessionid = slots.sessionId();
        sequence.opsequence.sa_slotid = slot.getId();
        sequence.opsequence.sa_sequenceid = slot.nextSequenceId();
        sequence.opsequence.sa_highest_slotid = new slotid4(slots.maxRequests() - 1);
        nfs_argop4[] operations = new nfs_argop4[args.argarray.length + 1];
        operations[0] = sequence;
        System.arraycopy(args.argarray, 0, operations, 1, args.argarray.length);
        args.argarray = operations;
        return args;
    }

    static COMPOUND4res send(RpcCall connection, COMPOUND4args args) throws IOException {
        COMPOUND4res result = new COMPOUND4res();
        try {
            connection.call(nfs4_prot.NFSPROC4_COMPOUND_4, args, result, SECONDS, TimeUnit.SECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new IOException("no reply in " + SECONDS + " s", e);
        }
        return result;
    }

    private nfs_resop4 only(CompoundBuilder builder) throws IOException {
        return only(builder.withMinorversion(1).withTag("test").build());
    }

    private nfs_resop4 only(COMPOUND4args args) throws IOException {
        COMPOUND4res result = send(nfs, args);
        nfsstat.throwIfNeeded(result.status);
        return result.resarray.get(0);
    }

    @Override
    public void close() throws IOException {
        for (OncRpcClient client : clients) {
            client.close();
        }
    }
}
