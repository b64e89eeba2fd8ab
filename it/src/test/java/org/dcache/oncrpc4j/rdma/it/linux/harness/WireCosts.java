// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.dcache.oncrpc4j.rdma.capture.CaptureDecoder;
import org.dcache.oncrpc4j.rdma.capture.CaptureProblem;
import org.dcache.oncrpc4j.rdma.capture.ConnectionListener;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.capture.Fpdu;
import org.dcache.oncrpc4j.rdma.capture.HoldBudget;
import org.dcache.oncrpc4j.rdma.capture.PcapFile;
import org.dcache.oncrpc4j.rdma.capture.RpcRdmaMessage;
import org.dcache.oncrpc4j.rdma.capture.SendMessage;
import org.dcache.oncrpc4j.rdma.capture.TcpSegment;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;

/**
 * The cost of each NFS call in a capture. What is on a connection after the reply before and up to the reply to a call counts for that
 * call. That is right only for one call at a time, so calls that overlapped are listed, but their cost must not be used. Anything that the
 * decoder finds wrong is an error.
 */
public final class WireCosts implements ConnectionListener {

    /**
     * One call.
     *
     * @param nomsg whether the reply came by a Reply chunk
     * @param alone whether no other call was outstanding
     */
    public record Entry(NfsCall call, WireCost cost, boolean nomsg, boolean alone) {}

    private final List<Entry> entries;
    private final RpcRdmaMessage message = new RpcRdmaMessage();
    private WireCost since = WireCost.NONE;
    private NfsCall call;
    private int xid;
    private int outstanding;
    private boolean alone;

    private WireCosts(List<Entry> entries) {
        this.entries = entries;
    }

    /** All calls that were answered, in order, of one connection after another. */
    public static List<Entry> of(Path capture) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (PcapFile file = PcapFile.open(capture)) {
            CaptureDecoder decoder = new CaptureDecoder(0, HoldBudget.ofHeap(), (first, client, server) -> new WireCosts(entries));
            for (PcapFile.Frame frame = file.next(); frame != null; frame = file.next()) {
                decoder.segment(TcpSegment.of(frame));
            }
            decoder.end();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return entries;
    }

    /** The costs of some calls, each of which must have been alone. */
    public static List<WireCost> of(List<Entry> entries, Predicate<NfsCall> wanted) {
        List<Entry> some = entries.stream().filter(entry -> wanted.test(entry.call())).toList();
        assertThat(some).isNotEmpty().allMatch(Entry::alone, "no other call was outstanding");
        return some.stream().map(Entry::cost).toList();
    }

    @Override
    public void fpdu(Fpdu fpdu) {
        boolean write = fpdu.opcode() == RdmapOpcode.RDMA_WRITE && fpdu.direction() == Direction.TO_CLIENT && fpdu.isLast();
        boolean read = fpdu.opcode() == RdmapOpcode.READ_REQUEST && fpdu.direction() == Direction.TO_CLIENT;
        boolean chunk = fpdu.opcode() == RdmapOpcode.RDMA_WRITE || fpdu.opcode() == RdmapOpcode.READ_RESPONSE;
        since = since.plus(new WireCost(0, 0, write ? 1 : 0, read ? 1 : 0, 1, FpduLayout.fpduLength(fpdu.ulpdu()),
                chunk ? fpdu.payloadLength() : 0));
    }

    @Override
    public void send(SendMessage send) {
        boolean reply = send.direction() == Direction.TO_CLIENT;
        try {
            message.decode(send.bytes());
            since = since.plus(new WireCost(1, reply ? 1 : 0, 0, 0, 0, 0, message.rpc().limit()));
            if (reply) {
                reply();
            } else {
                call = NfsCall.decode(message.rpc());
                xid = message.header().xid();
                outstanding++;
                alone = outstanding == 1;
            }
        } catch (MalformedHeaderException e) {
            throw new AssertionError("no RPC-over-RDMA in frame " + send.at().frame(), e);
        } catch (IOException e) {
            throw new UncheckedIOException("in frame " + send.at().frame(), e);
        }
    }

    private void reply() {
        outstanding--;
        boolean mine = alone && message.header().xid() == xid;
        entries.add(new Entry(call, since, message.header().procedure() == RdmaHeader.RDMA_NOMSG, mine));
        alone &= outstanding == 0;
        since = WireCost.NONE;
    }

    @Override
    public void problem(CaptureProblem problem) {
        throw new AssertionError("frame " + problem.at().frame() + ": " + problem.text());
    }
}
