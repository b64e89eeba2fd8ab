// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * Both sides of rdma-core's {@code rping}, on the verbs of a provider. A round: the client advertises a buffer, the server fetches it by
 * RDMA Read and sends a go-ahead; the client advertises a second buffer, the server puts the same bytes there by RDMA Write and sends a
 * go-ahead; the client compares. The text ends with a zero byte, up to which rping's server writes.
 *
 * <p>An advertisement is a Send of 16 bytes, big-endian: address (8), rkey (4), length (4). A go-ahead is as long, and its content does not
 * matter. Each side has one receive posted at a time.
 */
public final class Rping {

    private static final int MESSAGE = 16;
    private static final int STAG = 8;
    private static final int LENGTH = 12;
    private static final long TIMEOUT_MILLIS = 60_000;

    private final Endpoint endpoint;
    private final QueuePair queuePair;

    /** @param endpoint of a connection that is established, or about to be */
    public Rping(Endpoint endpoint) {
        this.endpoint = endpoint;
        this.queuePair = endpoint.queuePair();
    }

    /** As rping connects: one RDMA Read at a time, no private data. */
    public static ConnectOptions options() {
        return new ConnectOptions(null, TIMEOUT_MILLIS, new byte[0], MESSAGE, 2, 1, 1);
    }

    /** The server's half of a round; returns the bytes that were read and written back. */
    public byte[] serve() throws VerbsException {
        ByteBuffer from = message();
        ByteBuffer data = ByteBuffer.allocateDirect(from.getInt(LENGTH));
        queuePair.postSend(new WorkRequest().read(from.getInt(STAG), from.getLong(0)).add(data.duplicate()).signaled(true));
        assertThat(endpoint.readCompletion().ok()).as("RDMA Read").isTrue();
        goAhead(null);
        ByteBuffer to = message();
        assertThat(to.getInt(LENGTH)).isEqualTo(data.capacity());
        goAhead(new WorkRequest().write(to.getInt(STAG), to.getLong(0)).add(data.duplicate()));
        byte[] bytes = new byte[data.capacity()];
        data.get(0, bytes);
        return bytes;
    }

    /** Sends a go-ahead, behind another request or alone. */
    private void goAhead(WorkRequest first) {
        WorkRequest send = new WorkRequest().send().add(ByteBuffer.allocateDirect(MESSAGE)).signaled(true);
        queuePair.postSend(first == null ? send : first.next(send));
        assertThat(endpoint.sendCompletion().ok()).as("Send").isTrue();
    }

    /** The client's half of a round, with a text of this length, including its zero byte. */
    public void ping(int round, int length) throws VerbsException {
        String head = "rdma-ping-" + round + ": ";
        byte[] text = (head + "A".repeat(length)).substring(0, length - 1).concat("\0").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer source = ByteBuffer.allocateDirect(length).put(0, text);
        advertise(source, Access.REMOTE_READ);
        ByteBuffer sink = ByteBuffer.allocateDirect(length);
        advertise(sink, Access.REMOTE_WRITE);
        byte[] got = new byte[length];
        sink.get(0, got);
        assertThat(got).isEqualTo(text);
    }

    /** Advertises memory, waits for the go-ahead and takes the memory back. */
    private void advertise(ByteBuffer memory, Access access) throws VerbsException {
        Exposure exposure = queuePair.expose(MemorySource.of(memory.duplicate()), access);
        ByteBuffer info = ByteBuffer.allocateDirect(MESSAGE).putLong(0, exposure.offset()).putInt(STAG, exposure.stag())
                .putInt(LENGTH, exposure.length());
        queuePair.postSend(new WorkRequest().send().add(info).signaled(true));
        assertThat(endpoint.sendCompletion().ok()).as("Send").isTrue();
        message();
        queuePair.execute(() -> exposure.revoke(() -> { }));
    }

    private ByteBuffer message() {
        ByteBuffer message = ByteBuffer.wrap(endpoint.message().data());
        assertThat(message.remaining()).isEqualTo(MESSAGE);
        queuePair.postReceives(1);
        return message;
    }
}
