// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import org.dcache.nfs.nfsstat;
import org.dcache.nfs.v4.AttributeMap;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.nfs.v4.client.nfs4_prot_NFS4_PROGRAM_Client;
import org.dcache.nfs.v4.xdr.COMPOUND4res;
import org.dcache.nfs.v4.xdr.aceflag4;
import org.dcache.nfs.v4.xdr.acemask4;
import org.dcache.nfs.v4.xdr.acetype4;
import org.dcache.nfs.v4.xdr.fattr4_acl;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.nfs.v4.xdr.nfs_cb_argop4;
import org.dcache.nfs.v4.xdr.nfs_cb_opnum4;
import org.dcache.nfs.v4.xdr.nfs_resop4;
import org.dcache.nfs.v4.xdr.nfsace4;
import org.dcache.nfs.v4.xdr.open_delegation_type4;
import org.dcache.nfs.v4.xdr.state_protect_how4;
import org.dcache.nfs.v4.xdr.utf8str_mixed;
import org.dcache.oncrpc4j.rdma.it.nfs4j.app.MemoryFileSystem;
import org.dcache.oncrpc4j.rdma.it.rpc.OverRdma;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** nfs4j's server and nfs4j's client classes, both unmodified, over RDMA: sessions, bulk data by direct placement, callbacks. */
@OverRdma
class Nfs41IT {

    private MemoryFileSystem files;
    private NfsServer server;

    @BeforeEach
    void serve() throws IOException {
        files = new MemoryFileSystem(false);
        server = NfsServer.serve(files, null);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    @Test
    void aSessionHasItsBackchannelOnTheRdmaConnection() throws Exception {
        try (NfsSession session = new NfsSession(server.address())) {
            assertThat(session.callbacks().nulls()).as("CB_NULL calls, which come before the reply to CREATE_SESSION").isOne();
            var created = session.created();
            assertThat(created.csr_flags.value & nfs4_prot.CREATE_SESSION4_FLAG_CONN_BACK_CHAN).isNotZero();
            assertThat(created.csr_flags.value & nfs4_prot.CREATE_SESSION4_FLAG_CONN_RDMA)
                    .as("a switch of an existing connection to RDMA, RFC 8881, 18.36.3").isZero();
            assertThat(created.csr_fore_chan_attrs.ca_maxrequestsize.value).isEqualTo(NfsSession.MESSAGE);
            assertThat(created.csr_fore_chan_attrs.ca_maxresponsesize.value).isEqualTo(NfsSession.MESSAGE);
            assertThat(created.csr_fore_chan_attrs.ca_maxrequests.value).isEqualTo(NfsSession.SLOTS);
            assertThat(created.csr_fore_chan_attrs.ca_headerpadsize.value).isZero();
            assertThat(created.csr_fore_chan_attrs.ca_rdma_ird).isEmpty();
            assertThat(created.csr_back_chan_attrs.ca_maxrequests.value).isOne();
        }
    }

    @Test
    void oneMebibyteIsWrittenByAReadChunkAndReadByAWriteChunk() throws Exception {
        byte[] data = NfsFiles.bytes(NfsFiles.TRANSFER);
        try (NfsSession session = new NfsSession(server.address())) {
            NfsFiles nfs = new NfsFiles(session);
            NfsFiles.Open file = nfs.create("one");
            PathCounts writing = new PathCounts();
            nfs.write(file, data);
            assertThat(writing.of("client_call_read_chunk")).isOne();
            assertThat(writing.of("server_call_read_chunk")).isOne();
            assertThat(writing.of("rdma_read_bytes")).isEqualTo(data.length);
            assertThat(writing.of("rdma_write_bytes")).isZero();

            PathCounts reading = new PathCounts();
            assertThat(nfs.read(file, data.length)).isEqualTo(data);
            assertThat(reading.of("server_reply_write_chunk")).isOne();
            assertThat(reading.of("client_reply_write_chunk")).isOne();
            assertThat(reading.of("rdma_write_bytes")).isEqualTo(data.length);
            assertThat(reading.of("rdma_read_bytes")).isZero();
            nfs.close(file);
        }
    }

    @Test
    void aLargeDirectoryComesByReplyChunk() throws Exception {
        try (NfsSession session = new NfsSession(server.address())) {
            NfsFiles nfs = new NfsFiles(session);
            for (int i = 0; i < 300; i++) {
                nfs.close(nfs.create("a name of some length, number " + i));
            }
            PathCounts counts = new PathCounts();
            assertThat(nfs.list("")).hasSize(300).doesNotHaveDuplicates();
            assertThat(counts.of("server_reply_long")).isPositive();
            assertThat(counts.of("client_reply_long")).isPositive();
            assertThat(counts.of("server_reply_write_chunk")).isZero();
        }
    }

    @Test
    void attributesWithALongAclComeByReplyChunk() throws Exception {
        nfsace4[] acl = new nfsace4[200];
        for (int i = 0; i < acl.length; i++) {
            acl[i] = new nfsace4();
            acl[i].type = new acetype4(nfs4_prot.ACE4_ACCESS_ALLOWED_ACE_TYPE);
            acl[i].flag = new aceflag4(0);
            acl[i].access_mask = new acemask4(nfs4_prot.ACE4_READ_DATA);
            acl[i].who = new utf8str_mixed("user" + i + "@example.org");
        }
        try (NfsSession session = new NfsSession(server.address())) {
            new NfsFiles(session).create("guarded");
            files.setAcl(files.lookup(files.getRootInode(), "guarded"), acl);
            PathCounts counts = new PathCounts();
            nfs_resop4 result = session.compound(new CompoundBuilder().withPutrootfh().withLookup("guarded")
                    .withGetattr(nfs4_prot.FATTR4_ACL)).get(2);
            fattr4_acl came = new AttributeMap(result.opgetattr.resok4.obj_attributes).<fattr4_acl>get(nfs4_prot.FATTR4_ACL).orElseThrow();
            assertThat(Arrays.stream(came.value).map(ace -> ace.who.toString())).hasSize(acl.length).last()
                    .isEqualTo("user199@example.org");
            assertThat(counts.of("server_reply_long")).isOne();
        }
    }

    /** CB_RECALL: another client wants to write what this one has a read delegation for. */
    @Test
    void aDelegationIsRecalledOnTheRdmaConnection() throws Exception {
        try (NfsSession reader = new NfsSession(server.address()); NfsSession writer = new NfsSession(server.address())) {
            NfsFiles writing = new NfsFiles(writer);
            writing.close(writing.create("shared"));
            var opened = reader.compound(new NfsFiles(reader).openOperation("shared",
                    nfs4_prot.OPEN4_SHARE_ACCESS_READ | nfs4_prot.OPEN4_SHARE_ACCESS_WANT_READ_DELEG)).get(1).opopen.resok4;
            assertThat(opened.delegation.delegation_type).isEqualTo(open_delegation_type4.OPEN_DELEGATE_READ);

            PathCounts counts = new PathCounts();
            int status = writer.status(writing.openOperation("shared", nfs4_prot.OPEN4_SHARE_ACCESS_BOTH));

            assertThat(status).isEqualTo(nfsstat.NFSERR_DELAY);
            nfs_cb_argop4 recall = reader.callbacks().next();
            assertThat(recall.argop).isEqualTo(nfs_cb_opnum4.OP_CB_RECALL);
            assertThat(recall.opcbrecall.stateid.other).isEqualTo(opened.delegation.read.stateid.other);
            assertThat(writer.callbacks().isEmpty()).isTrue();
            // One call forward, one backward.
            assertThat(counts.of("server_call_inline")).isEqualTo(2);
            assertThat(counts.of("connections_connected")).isZero();
        }
    }

    /** The delegation is void with the connection: the writer is not kept waiting, and the server answers others all the while. */
    @Test
    void aRecallToAClientThatIsGoneKeepsNobodyWaiting() throws Exception {
        try (NfsSession writer = new NfsSession(server.address())) {
            NfsFiles writing = new NfsFiles(writer);
            writing.close(writing.create("left"));
            try (NfsSession reader = new NfsSession(server.address())) {
                var opened = reader.compound(new NfsFiles(reader).openOperation("left",
                        nfs4_prot.OPEN4_SHARE_ACCESS_READ | nfs4_prot.OPEN4_SHARE_ACCESS_WANT_READ_DELEG)).get(1).opopen.resok4;
                assertThat(opened.delegation.delegation_type).isEqualTo(open_delegation_type4.OPEN_DELEGATE_READ);
            }
            assertThat(writer.status(writing.openOperation("left", nfs4_prot.OPEN4_SHARE_ACCESS_BOTH))).isEqualTo(nfsstat.NFS_OK);
            assertThat(writer.callbacks().isEmpty()).isTrue();
        }
    }

    /** One READ of a file's begin, over that connection of the session. */
    private static byte[] readOver(RpcCall connection, NfsSession session, NfsFiles.Open file, int count) throws IOException {
        ByteBuffer data = session.compound(connection, new CompoundBuilder().withPutfh(file.handle()).withRead(count, 0, file.state()))
                .get(1).opread.resok4.data;
        byte[] came = new byte[data.remaining()];
        data.get(came);
        return came;
    }

    /** Whatever ends the connection, the session is alive: slots and open files go on over another one. */
    @Test
    void aSessionOutlivesItsConnection() throws Exception {
        byte[] data = NfsFiles.bytes(70_000);
        try (NfsSession session = new NfsSession(server.address())) {
            NfsFiles nfs = new NfsFiles(session);
            NfsFiles.Open file = nfs.create("kept");
            nfs.write(file, data);
            session.closeFirstConnection();
            RpcCall second = session.furtherConnection();
            assertThat(readOver(second, session, file, data.length)).isEqualTo(data);
        }
    }

    @Test
    void callsOfASessionGoOverItsSecondConnectionToo() throws Exception {
        byte[] data = NfsFiles.bytes(300_001);
        try (NfsSession session = new NfsSession(server.address())) {
            NfsFiles nfs = new NfsFiles(session);
            NfsFiles.Open file = nfs.create("shared");
            nfs.write(file, data);
            RpcCall second = session.furtherConnection();
            PathCounts counts = new PathCounts();
            for (int i = 0; i < 5; i++) {
                assertThat(readOver(second, session, file, data.length)).isEqualTo(data);
                assertThat(nfs.read(file, data.length)).isEqualTo(data);
            }
            assertThat(counts.of("server_reply_write_chunk")).isEqualTo(10);
        }
    }

    /** The stub that nfs4j's basic client is built on, as it is. */
    @Test
    void nfs4jsOwnStubWorks() throws Exception {
        nfs4_prot_NFS4_PROGRAM_Client stub =
                new nfs4_prot_NFS4_PROGRAM_Client(server.address().getAddress(), server.address().getPort(), IpProtocolType.TCP, 0, 0);
        try {
            assertThat(stub.getTransport().toString()).startsWith("rdma ");
            stub.NFSPROC4_NULL_4();
            COMPOUND4res identity = stub.NFSPROC4_COMPOUND_4(new CompoundBuilder().withExchangeId("example.org", "stub", "stub",
                    0, state_protect_how4.SP4_NONE).withMinorversion(1).withTag("exchange").build());
            assertThat(identity.status).isEqualTo(nfsstat.NFS_OK);
        } finally {
            stub.close();
        }
    }

    @Test
    void nothingIsRefusedOrDroppedInASession() throws Exception {
        PathCounts counts = new PathCounts();
        try (NfsSession session = new NfsSession(server.address())) {
            NfsFiles nfs = new NfsFiles(session);
            NfsFiles.Open file = nfs.create("quiet");
            nfs.write(file, NfsFiles.bytes(5000));
            nfs.close(file);
        }
        Map<String, Long> all = counts.all();
        assertThat(all.keySet()).noneMatch(label -> label.startsWith("xprt.dropped") || label.startsWith("xprt.sent_err")
                || label.equals("xprt.received_error") || label.equals("xprt.answered_for_program"));
    }
}
